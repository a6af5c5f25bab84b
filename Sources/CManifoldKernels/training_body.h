// Training of stacked maps: forward with memory, reverse, and the gradient of all weights.
//
// Points come in chunks of blocks; a block's arrays stay in the nearest caches through forward and
// reverse. The weights' gradient is one product over the whole chunk, points in lanes: tiles of 4×4 sums
// stay in registers and are folded over the lanes once per chunk.

// The sums over the lanes of four registers, into four consecutive numbers.
INLINE void NAME(fold)(V a, V b, V c, V d, double sum[4]) {
#if LANES == 8
  const V s = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
              __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  const V t = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14) +
              __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
  const V u = __builtin_shufflevector(s, t, 0, 1, 8, 9, 4, 5, 12, 13) +
              __builtin_shufflevector(s, t, 2, 3, 10, 11, 6, 7, 14, 15);
  for (int k = 0; k < 4; k++) sum[k] = u[k] + u[k + 4];
#elif LANES == 4
  const V s = __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
  const V t = __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7);
  const V u = __builtin_shufflevector(s, t, 0, 1, 4, 5) + __builtin_shufflevector(s, t, 2, 3, 6, 7);
  for (int k = 0; k < 4; k++) sum[k] = u[k];
#else
  sum[0] = a[0] + a[1], sum[1] = b[0] + b[1], sum[2] = c[0] + c[1], sum[3] = d[0] + d[1];
#endif
}

// One pair of arrays whose outer products are summed: blocks stand `stride` registers apart.
typedef struct {
  const V *left, *right;
} NAME(pair);

// gradient[i q + j] += Σ over blocks, columns and pairs of left[i][c] right[j][c].
static void NAME(outer)(int pairs, const NAME(pair) * pair, ptrdiff_t stride, int blocks,
                        const int *columns, int row, int p, int q, double *gradient) {
  for (int i = 0; i < p; i += 4) {
    const int i1 = i + 1 < p ? i + 1 : i, i2 = i + 2 < p ? i + 2 : i, i3 = i + 3 < p ? i + 3 : i;
    for (int j = 0; j < q; j += 4) {
      const int j1 = j + 1 < q ? j + 1 : j, j2 = j + 2 < q ? j + 2 : j, j3 = j + 3 < q ? j + 3 : j;
      V a[4][4];
#pragma clang loop unroll(full)
      for (int r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (int c = 0; c < 4; c++) a[r][c] = (V)(0.0);
      for (int k = 0; k < pairs; k++)
        for (int b = 0; b < blocks; b++) {
          const V *x = pair[k].left + b * stride, *y = pair[k].right + b * stride;
          for (int c = 0; c < columns[b]; c++) {
            const V x0 = x[i * row + c], x1 = x[i1 * row + c], x2 = x[i2 * row + c],
                    x3 = x[i3 * row + c];
            const V y0 = y[j * row + c], y1 = y[j1 * row + c], y2 = y[j2 * row + c],
                    y3 = y[j3 * row + c];
            a[0][0] += x0 * y0, a[0][1] += x0 * y1, a[0][2] += x0 * y2, a[0][3] += x0 * y3;
            a[1][0] += x1 * y0, a[1][1] += x1 * y1, a[1][2] += x1 * y2, a[1][3] += x1 * y3;
            a[2][0] += x2 * y0, a[2][1] += x2 * y1, a[2][2] += x2 * y2, a[2][3] += x2 * y3;
            a[3][0] += x3 * y0, a[3][1] += x3 * y1, a[3][2] += x3 * y2, a[3][3] += x3 * y3;
          }
        }
      for (int r = 0; r < 4 && i + r < p; r++) {
        double sum[4];
        NAME(fold)(a[r][0], a[r][1], a[r][2], a[r][3], sum);
        double *to = gradient + (ptrdiff_t)(i + r) * q + j;
        for (int c = 0; c < 4 && j + c < q; c++) to[c] += sum[c];
      }
    }
  }
}

// gradient[i] += Σ over blocks and `columns` columns of x[i][c].
static void NAME(sum_rows)(const V *x, ptrdiff_t stride, int blocks, const int *columns, int row, int p,
                           double *gradient) {
  for (int i = 0; i < p; i += 4) {
    V a[4];
    for (int r = 0; r < 4; r++) {
      a[r] = (V)(0.0);
      const int at = i + r < p ? i + r : i;
      for (int b = 0; b < blocks; b++)
        for (int c = 0; c < columns[b]; c++) a[r] += x[b * stride + at * row + c];
    }
    double sum[4];
    NAME(fold)(a[0], a[1], a[2], a[3], sum);
    for (int r = 0; r < 4 && i + r < p; r++) gradient[i + r] += sum[r];
  }
}

// Where a block's arrays stand, in registers from its start.
typedef struct {
  int row;                               // columns kept per neuron
  ptrdiff_t h[DM_MAP_MAX_LAYERS + 2];    // h[0] the input … h[layers] the output
  ptrdiff_t slope[DM_MAP_MAX_LAYERS + 2];  // σ' of hidden layer l
  ptrdiff_t d[DM_MAP_MAX_LAYERS + 2];    // adjoints of the pre-activations
  ptrdiff_t size;
} NAME(layout);

static NAME(layout) NAME(map_layout)(const dm_map *map, int tangents) {
  NAME(layout) t;
  t.row = tangents ? 1 + map->width[0] : BLOCK_COLUMNS;
  ptrdiff_t next = 0;
  for (int l = 0; l <= map->layers; l++) {
    t.h[l] = next, next += (ptrdiff_t)map->width[l] * t.row;
    t.slope[l] = next;
    if (l && l < map->layers) next += (ptrdiff_t)map->width[l] * (tangents ? 1 : t.row);
    t.d[l] = next;
    if (l) next += (ptrdiff_t)map->width[l] * t.row;
  }
  t.size = next;
  return t;
}

static void NAME(map_forward_block)(const dm_map *map, const NAME(layout) * t, int tangents,
                                    int columns, V *block) {
  const double *w = map->weights;
  for (int l = 0; l < map->layers; l++) {
    const int q = map->width[l], p = map->width[l + 1], row = t->row;
    const double *b = w + (ptrdiff_t)p * q;
    V *out = block + t->h[l + 1], *slope = block + t->slope[l + 1];
    for (int i = 0; i < p; i++)
      for (int c = 0; c < columns; c++) out[i * row + c] = tangents && c ? (V)(0.0) : (V)(b[i]);
    NAME(product)(w, q, 1, p, q, block + t->h[l], row, columns, out, row);
    w = b + p;
    if (l + 1 == map->layers) continue;
    if (tangents) {
      for (int i = 0; i < p; i++) {
        V *z = out + i * row;
        NAME(activate)(map->activation, z[0], &z[0], &slope[i]);
        for (int c = 1; c < columns; c++) z[c] *= slope[i];
      }
    } else if (columns == row) {
      NAME(activate_all)(map->activation, (ptrdiff_t)p * row, out, slope);
    } else {
      for (int i = 0; i < p; i++)
        NAME(activate_all)(map->activation, columns, out + i * row, slope + i * row);
    }
  }
}

// From the adjoints of the output in d[layers] to those of every layer's pre-activation.
static void NAME(map_reverse_block)(const dm_map *map, const NAME(layout) * t, int tangents,
                                    int columns, V *block) {
  const double *w = map->weights;
  for (int l = 0; l < map->layers; l++) w += (ptrdiff_t)(map->width[l] + 1) * map->width[l + 1];
  for (int l = map->layers; l > 1; l--) {
    const int p = map->width[l], q = map->width[l - 1], row = t->row;
    w -= (ptrdiff_t)(q + 1) * p;
    V *d = block + t->d[l - 1];
    const V *slope = block + t->slope[l - 1], *h = block + t->h[l - 1];
    for (int i = 0; i < q; i++)
      for (int c = 0; c < columns; c++) d[i * row + c] = (V)(0.0);
    NAME(product)(w, 1, q, q, p, block + t->d[l], row, columns, d, row);
    if (tangents) {
      for (int i = 0; i < q; i++) {
        V *a = d + i * row;
        const V *x = h + i * row;
        V along = (V)(0.0);
        for (int c = 1; c < columns; c++) along += a[c] * x[c], a[c] *= slope[i];
        a[0] = a[0] * slope[i] + NAME(bend)(map->activation, x[0], slope[i]) * along;
      }
    } else {
      for (int i = 0; i < q; i++)
        for (int c = 0; c < columns; c++) d[i * row + c] *= slope[i * row + c];
    }
  }
}

// Adds the gradient of a whole chunk.
static void NAME(map_collect)(const dm_map *map, const NAME(layout) * t, int tangents, int blocks,
                              const int *columns, const V *scratch, double *gradient) {
  // With tangents a block is one register wide: a group makes several.
  int ones[DM_MAP_CHUNK * GROUP_COLUMNS];
  for (int b = 0; b < blocks; b++) ones[b] = 1;
  for (int l = 1; l <= map->layers; l++) {
    const int p = map->width[l], q = map->width[l - 1];
    const NAME(pair) pair = {scratch + t->d[l], scratch + t->h[l - 1]};
    NAME(outer)(1, &pair, t->size, blocks, columns, t->row, p, q, gradient);
    gradient += (ptrdiff_t)p * q;
    NAME(sum_rows)(scratch + t->d[l], t->size, blocks, tangents ? ones : columns, t->row, p, gradient);
    gradient += p;
  }
}

static size_t NAME(map_scratch)(const dm_map *map, int tangents) {
  const NAME(layout) t = NAME(map_layout)(map, tangents);
  // Blocks of a chunk: groups of four without tangents, parts of a group with them.
  const int blocks = tangents ? DM_MAP_CHUNK * GROUP_COLUMNS : DM_MAP_CHUNK * 8 / DM_MAP_BLOCK;
  return (size_t)(t.size * blocks) * LANES;
}

static double NAME(map_gradient)(const dm_map *map, ptrdiff_t count, const long *index,
                                 const double *x, const double *target, const double *weight,
                                 const double *importance, const double *offset, double *adjoints,
                                 double *scratch, double *gradient) {
  const NAME(layout) t = NAME(map_layout)(map, 0);
  const int n = map->width[0], m = map->width[map->layers];
  V loss = (V)(0.0);
  for (ptrdiff_t start = 0; start < count; start += DM_MAP_CHUNK) {
    const int chunk = count - start < DM_MAP_CHUNK ? (int)(count - start) : DM_MAP_CHUNK;
    int columns[DM_MAP_CHUNK], blocks = 0;
    for (int at = 0; at < chunk; at += DM_MAP_BLOCK / 8, blocks++) {
      const int here = chunk - at < DM_MAP_BLOCK / 8 ? chunk - at : DM_MAP_BLOCK / 8;
      columns[blocks] = here * GROUP_COLUMNS;
      V *block = (V *)scratch + blocks * t.size;
      for (int k = 0; k < here; k++) {
        const double *from = x + 8 * n * index[start + at + k];
        for (int i = 0; i < n; i++)
          for (int c = 0; c < GROUP_COLUMNS; c++)
            block[i * t.row + k * GROUP_COLUMNS + c] = NAME(load)(from + 8 * i + c * LANES);
      }
      NAME(map_forward_block)(map, &t, 0, columns[blocks], block);
      for (int k = 0; k < here; k++) {
        const ptrdiff_t group = index[start + at + k];
        for (int c = 0; c < GROUP_COLUMNS; c++) {
          const V share = NAME(load)(weight + 8 * group + c * LANES);
          for (int i = 0; i < m; i++) {
            const ptrdiff_t entry = i * t.row + k * GROUP_COLUMNS + c;
            const V error = block[t.h[map->layers] + entry] -
                            NAME(load)(target + 8 * (m * group + i) + c * LANES) -
                            (offset ? offset[i] : 0.0);
            const V adjoint = share * importance[i] * error;
            block[t.d[map->layers] + entry] = adjoint;
            loss += 0.5 * adjoint * error;
          }
        }
      }
      NAME(map_reverse_block)(map, &t, 0, columns[blocks], block);
    }
    NAME(map_collect)(map, &t, 0, blocks, columns, (const V *)scratch, gradient);
    if (offset)
      NAME(sum_rows)((const V *)scratch + t.d[map->layers], t.size, blocks, columns, t.row, m, adjoints);
  }
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += loss[i];
  return sum;
}

// With tangents; up to DM_MAP_CHUNK groups. Leaves what the reverse needs in `scratch`.
static void NAME(map_forward)(const dm_map *map, int groups, const double *x, double *y,
                              double *jacobian, double *scratch) {
  const NAME(layout) t = NAME(map_layout)(map, 1);
  const int n = map->width[0], m = map->width[map->layers];
  for (int b = 0; b < groups * GROUP_COLUMNS; b++) {
    const int g = b / GROUP_COLUMNS, o = b % GROUP_COLUMNS * LANES;
    V *block = (V *)scratch + b * t.size;
    for (int i = 0; i < n; i++)
      for (int c = 0; c < t.row; c++)
        block[i * t.row + c] =
            c ? (V)(c == i + 1 ? 1.0 : 0.0) : NAME(load)(x + 8 * (n * g + i) + o);
    NAME(map_forward_block)(map, &t, 1, t.row, block);
    const V *out = block + t.h[map->layers];
    for (int i = 0; i < m; i++)
      for (int c = 0; c < t.row; c++)
        NAME(store)(c ? jacobian + 8 * (n * (m * g + i) + c - 1) + o : y + 8 * (m * g + i) + o,
                    out[i * t.row + c]);
  }
}

static void NAME(map_reverse)(const dm_map *map, int groups, const double *y, const double *jacobian,
                              double *scratch, double *gradient) {
  const NAME(layout) t = NAME(map_layout)(map, 1);
  const int n = map->width[0], m = map->width[map->layers];
  int columns[DM_MAP_CHUNK * GROUP_COLUMNS];
  for (int b = 0; b < groups * GROUP_COLUMNS; b++) {
    const int g = b / GROUP_COLUMNS, o = b % GROUP_COLUMNS * LANES;
    V *block = (V *)scratch + b * t.size;
    V *d = block + t.d[map->layers];
    columns[b] = t.row;
    for (int i = 0; i < m; i++)
      for (int c = 0; c < t.row; c++)
        d[i * t.row + c] =
            NAME(load)(c ? jacobian + 8 * (n * (m * g + i) + c - 1) + o : y + 8 * (m * g + i) + o);
    NAME(map_reverse_block)(map, &t, 1, t.row, block);
  }
  NAME(map_collect)(map, &t, 1, groups * GROUP_COLUMNS, columns, (const V *)scratch, gradient);
}
