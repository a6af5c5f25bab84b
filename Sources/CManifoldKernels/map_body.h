// Stacked maps: value and Jacobian in lanes, and the reverse sweep for training.
//
// Every array of a layer is a block [neuron][column] of registers. For values a column holds LANES points
// and a block up to DM_MAP_BLOCK points; with tangents column 0 is the value and column 1 + k the derivative
// along coordinate k, all of the same LANES points. Products with a matrix of weights are the same
// for both: a tile of four rows and COLUMNS columns stays in registers.

#if LANES >= 8
#define COLUMNS 4
#else
#define COLUMNS 2
#endif

// out[r][c] += Σ_j w[r rs + j cs] h[j hs + c] for one tile of R rows and C columns.
INLINE void NAME(tile)(const REAL *w, ptrdiff_t rs, ptrdiff_t cs, int q, const V *h, ptrdiff_t hs,
                       const int R, const int C, V *out, ptrdiff_t os) {
  V a[4][COLUMNS];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
    for (int c = 0; c < C; c++) a[r][c] = out[r * os + c];
  for (int j = 0; j < q; j++, w += cs, h += hs) {
    V x[COLUMNS];
#pragma clang loop unroll(full)
    for (int c = 0; c < C; c++) x[c] = h[c];
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) {
      const V y = (V)(w[r * rs]);
#pragma clang loop unroll(full)
      for (int c = 0; c < C; c++) a[r][c] += y * x[c];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
    for (int c = 0; c < C; c++) out[r * os + c] = a[r][c];
}

// All columns of R rows: their weights are read once from the cache beyond the nearest.
INLINE void NAME(rows)(const REAL *w, ptrdiff_t rs, ptrdiff_t cs, int q, const V *h, ptrdiff_t hs,
                       const int R, int columns, V *out, ptrdiff_t os) {
  int c = 0;
  for (; c + COLUMNS <= columns; c += COLUMNS)
    NAME(tile)(w, rs, cs, q, h + c, hs, R, COLUMNS, out + c, os);
#if COLUMNS == 4
  if (c + 3 == columns) NAME(tile)(w, rs, cs, q, h + c, hs, R, 3, out + c, os);
  if (c + 2 == columns) NAME(tile)(w, rs, cs, q, h + c, hs, R, 2, out + c, os);
#endif
  if (c + 1 == columns) NAME(tile)(w, rs, cs, q, h + c, hs, R, 1, out + c, os);
}

// out[i][c] += Σ_j w[i rs + j cs] h[j][c]: p rows, q terms, `columns` columns.
static __attribute__((noinline)) void NAME(product)(const REAL *w, ptrdiff_t rs, ptrdiff_t cs, int p,
                                                    int q, const V *h, ptrdiff_t hs, int columns,
                                                    V *out, ptrdiff_t os) {
  int i = 0;
  for (; i + 4 <= p; i += 4)
    NAME(rows)(w + i * rs, rs, cs, q, h, hs, 4, columns, out + i * os, os);
  if (i + 2 <= p) {
    NAME(rows)(w + i * rs, rs, cs, q, h, hs, 2, columns, out + i * os, os);
    i += 2;
  }
  if (i < p) NAME(rows)(w + i * rs, rs, cs, q, h, hs, 1, columns, out + i * os, os);
}

INLINE void NAME(activate)(int kind, V z, V *value, V *first) {
  if (kind == DM_TANH) {
    NAME(tanh)(z, value, first);
  } else {
    V second;
    NAME(softplus)(z, value, first, &second);
  }
}

// σ''/σ' from σ and σ'.
INLINE V NAME(bend)(int kind, V value, V first) {
  return kind == DM_TANH ? value * (REAL)(-2) : (REAL)1 - first;
}

// Activates n registers of pre-activations in place; derivatives where `first` is given.
static void NAME(activate_all)(int kind, ptrdiff_t n, V *z, V *first) {
  if (kind == DM_TANH)
    for (ptrdiff_t i = 0; i < n; i++) {
      V f, d;
      NAME(tanh)(z[i], &f, &d);
      z[i] = f;
      if (first) first[i] = d;
    }
  else
    for (ptrdiff_t i = 0; i < n; i++) {
      V f, d, second;
      NAME(softplus)(z[i], &f, &d, &second);
      z[i] = f;
      if (first) first[i] = d;
    }
}

#define GROUP_COLUMNS (8 / LANES)
#define BLOCK_COLUMNS (DM_MAP_BLOCK / LANES)

static void NAME(map_value)(const dm_map *map, ptrdiff_t groups, const double *x, double *y) {
  V h[2][DM_MAP_MAX_WIDTH * BLOCK_COLUMNS];
  const int n = map->width[0], m = map->width[map->layers];
  for (ptrdiff_t g = 0; g < groups; g += DM_MAP_BLOCK / 8) {
    const int here = groups - g < DM_MAP_BLOCK / 8 ? (int)(groups - g) : DM_MAP_BLOCK / 8;
    const int columns = here * GROUP_COLUMNS;
    for (int k = 0; k < here; k++)
      for (int i = 0; i < n; i++)
        for (int c = 0; c < GROUP_COLUMNS; c++)
          h[0][i * BLOCK_COLUMNS + k * GROUP_COLUMNS + c] =
              NAME(load)(x + 8 * (n * (g + k) + i) + c * LANES);
    const double *w = map->weights;
    for (int l = 0; l < map->layers; l++) {
      const int q = map->width[l], p = map->width[l + 1];
      const double *b = w + (ptrdiff_t)p * q;
      V *out = h[(l + 1) & 1];
      for (int i = 0; i < p; i++)
        for (int c = 0; c < columns; c++) out[i * BLOCK_COLUMNS + c] = (V)(b[i]);
      NAME(product)(w, q, 1, p, q, h[l & 1], BLOCK_COLUMNS, columns, out, BLOCK_COLUMNS);
      if (l + 1 < map->layers) {
        if (columns == BLOCK_COLUMNS)
          NAME(activate_all)(map->activation, p * BLOCK_COLUMNS, out, 0);
        else
          for (int i = 0; i < p; i++)
            NAME(activate_all)(map->activation, columns, out + i * BLOCK_COLUMNS, 0);
      }
      w = b + p;
    }
    const V *out = h[map->layers & 1];
    for (int k = 0; k < here; k++)
      for (int i = 0; i < m; i++)
        for (int c = 0; c < GROUP_COLUMNS; c++)
          NAME(store)(y + 8 * (m * (g + k) + i) + c * LANES,
                      out[i * BLOCK_COLUMNS + k * GROUP_COLUMNS + c]);
  }
}

// Columns of one sweep with tangents: the value and seven, then eight at a time.
#define SWEEP 8

// One part of a group: value, then the Jacobian in sweeps over the coordinates.
static void NAME(map_part)(const dm_map *map, const double *x, double *y, double *jacobian) {
  V h[2][DM_MAP_MAX_WIDTH * SWEEP];
  V slope[DM_MAP_MAX_LAYERS][DM_MAP_MAX_WIDTH];
  const int n = map->width[0], m = map->width[map->layers];
  for (int done = 0; done < n;) {
    const int value = done == 0;  // column 0 of the first sweep is the value
    const int most = SWEEP - value;
    const int tangents = n - done < most ? n - done : most, columns = value + tangents;
    const double *w = map->weights;
    for (int l = 0; l < map->layers; l++) {
      const int q = map->width[l], p = map->width[l + 1];
      const double *b = w + (ptrdiff_t)p * q;
      V *out = h[(l + 1) & 1];
      for (int i = 0; i < p; i++) {
        if (value) out[i * SWEEP] = (V)(b[i]);
        for (int k = 0; k < tangents; k++)
          out[i * SWEEP + value + k] = l ? (V)(0.0) : (V)(w[(ptrdiff_t)i * q + done + k]);
      }
      if (l) {
        NAME(product)(w, q, 1, p, q, h[l & 1], SWEEP, columns, out, SWEEP);
      } else if (value) {
        V *at = h[0];
        for (int j = 0; j < q; j++) at[j * SWEEP] = NAME(load)(x + 8 * j);
        NAME(product)(w, q, 1, p, q, at, SWEEP, 1, out, SWEEP);
      }
      if (l + 1 < map->layers)
        for (int i = 0; i < p; i++) {
          V *row = out + i * SWEEP;
          if (value) NAME(activate)(map->activation, row[0], &row[0], &slope[l][i]);
          const V s = slope[l][i];
          for (int k = value; k < columns; k++) row[k] *= s;
        }
      w = b + p;
    }
    const V *out = h[map->layers & 1];
    for (int i = 0; i < m; i++) {
      if (value) NAME(store)(y + 8 * i, out[i * SWEEP]);
      for (int k = 0; k < tangents; k++)
        NAME(store)(jacobian + 8 * (n * i + done + k), out[i * SWEEP + value + k]);
    }
    done += tangents;
  }
}

static void NAME(map_jacobian)(const dm_map *map, ptrdiff_t groups, const double *x, double *y,
                               double *jacobian) {
  const ptrdiff_t n = map->width[0], m = map->width[map->layers];
  for (ptrdiff_t g = 0; g < groups; g++)
    for (int o = 0; o < 8; o += LANES)
      NAME(map_part)(map, x + 8 * n * g + o, y + 8 * m * g + o, jacobian + 8 * m * n * g + o);
}

static void NAME(activation_array)(int kind, ptrdiff_t n, const double *z, double *value,
                                   double *first) {
  for (ptrdiff_t i = 0; i < n; i += LANES) {
    V f, d;
    NAME(activate)(kind, NAME(load)(z + i), &f, &d);
    NAME(store)(value + i, f), NAME(store)(first + i, d);
  }
}
