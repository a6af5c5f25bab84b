// The stacked map for a fixed number of features; included by kernel_body.h with
//   FEATURES  3, 5, 7 or 9
//   OWN(x)    NAME(x) with that number
//   STACK     the type of the map, whose weights are of type REAL
//   POINT     the map at one point, of an instruction set with at most DM_TILE numbers in a register
// A constant number lets every loop over features unroll and the sums stay in registers.
//
// Cost per point for two layers of width h and n features: n + 2 products with the h×h matrix (value,
// n tangents, one reverse), 2 (n + 2) h² flops, and 2 h softplus.

#define CHANNELS (FEATURES + 1)
#define PAIRS (FEATURES * (FEATURES + 1) / 2)

// rows y[i][c] += Σ_j V[i][j] h[j][c] for one tile of rows and the four channels (value, tangents).
INLINE void OWN(tile4)(const REAL *w, int q, const V (*h)[CHANNELS], V (*acc)[CHANNELS]) {
  V a00 = acc[0][0], a01 = acc[0][1], a02 = acc[0][2], a03 = acc[0][3];
  V a10 = acc[1][0], a11 = acc[1][1], a12 = acc[1][2], a13 = acc[1][3];
#if REGISTERS == 32
  V a20 = acc[2][0], a21 = acc[2][1], a22 = acc[2][2], a23 = acc[2][3];
  V a30 = acc[3][0], a31 = acc[3][1], a32 = acc[3][2], a33 = acc[3][3];
  for (int j = 0; j < q; j++, w += DM_TILE) {
    V x0 = h[j][0], x1 = h[j][1], x2 = h[j][2], x3 = h[j][3];
    V w0 = (V)(w[0]), w1 = (V)(w[1]), w2 = (V)(w[2]), w3 = (V)(w[3]);
    a00 += w0 * x0, a01 += w0 * x1, a02 += w0 * x2, a03 += w0 * x3;
    a10 += w1 * x0, a11 += w1 * x1, a12 += w1 * x2, a13 += w1 * x3;
    a20 += w2 * x0, a21 += w2 * x1, a22 += w2 * x2, a23 += w2 * x3;
    a30 += w3 * x0, a31 += w3 * x1, a32 += w3 * x2, a33 += w3 * x3;
  }
  acc[2][0] = a20, acc[2][1] = a21, acc[2][2] = a22, acc[2][3] = a23;
  acc[3][0] = a30, acc[3][1] = a31, acc[3][2] = a32, acc[3][3] = a33;
#else
  // Sixteen registers hold two rows of accumulators: the tile goes in two halves.
  const REAL *u = w;
  for (int j = 0; j < q; j++, u += DM_TILE) {
    V x0 = h[j][0], x1 = h[j][1], x2 = h[j][2], x3 = h[j][3];
    V w0 = (V)(u[0]), w1 = (V)(u[1]);
    a00 += w0 * x0, a01 += w0 * x1, a02 += w0 * x2, a03 += w0 * x3;
    a10 += w1 * x0, a11 += w1 * x1, a12 += w1 * x2, a13 += w1 * x3;
  }
  V a20 = acc[2][0], a21 = acc[2][1], a22 = acc[2][2], a23 = acc[2][3];
  V a30 = acc[3][0], a31 = acc[3][1], a32 = acc[3][2], a33 = acc[3][3];
  for (int j = 0; j < q; j++, w += DM_TILE) {
    V x0 = h[j][0], x1 = h[j][1], x2 = h[j][2], x3 = h[j][3];
    V w2 = (V)(w[2]), w3 = (V)(w[3]);
    a20 += w2 * x0, a21 += w2 * x1, a22 += w2 * x2, a23 += w2 * x3;
    a30 += w3 * x0, a31 += w3 * x1, a32 += w3 * x2, a33 += w3 * x3;
  }
  acc[2][0] = a20, acc[2][1] = a21, acc[2][2] = a22, acc[2][3] = a23;
  acc[3][0] = a30, acc[3][1] = a31, acc[3][2] = a32, acc[3][3] = a33;
#endif
  acc[0][0] = a00, acc[0][1] = a01, acc[0][2] = a02, acc[0][3] = a03;
  acc[1][0] = a10, acc[1][1] = a11, acc[1][2] = a12, acc[1][3] = a13;
}

#if CHANNELS % 4
// The same for the last two of six or ten channels.
INLINE void OWN(tile2)(const REAL *w, int q, const V (*h)[CHANNELS], V (*acc)[CHANNELS]) {
  V a00 = acc[0][0], a01 = acc[0][1], a10 = acc[1][0], a11 = acc[1][1];
  V a20 = acc[2][0], a21 = acc[2][1], a30 = acc[3][0], a31 = acc[3][1];
  for (int j = 0; j < q; j++, w += DM_TILE) {
    V x0 = h[j][0], x1 = h[j][1];
    V w0 = (V)(w[0]), w1 = (V)(w[1]), w2 = (V)(w[2]), w3 = (V)(w[3]);
    a00 += w0 * x0, a01 += w0 * x1, a10 += w1 * x0, a11 += w1 * x1;
    a20 += w2 * x0, a21 += w2 * x1, a30 += w3 * x0, a31 += w3 * x1;
  }
  acc[0][0] = a00, acc[0][1] = a01, acc[1][0] = a10, acc[1][1] = a11;
  acc[2][0] = a20, acc[2][1] = a21, acc[3][0] = a30, acc[3][1] = a31;
}
#endif

// What the reverse sweep needs of a hidden layer: derivatives of the activation, tangents of z.
typedef struct {
  V first, second, zd[FEATURES];
} OWN(memory);

// Adds c z zᵀ, upper triangle row by row.
INLINE void OWN(curve)(V c, const V z[FEATURES], V hess[PAIRS]) {
  int k = 0;
#pragma clang loop unroll(full)
  for (int i = 0; i < FEATURES; i++) {
    const V cz = c * z[i];
#pragma clang loop unroll(full)
    for (int j = i; j < FEATURES; j++) hess[k++] += cz * z[j];
  }
}

// Value, gradient and Hessian (upper triangle row by row) of v·h_L at u.
INLINE void OWN(stacked)(const STACK *law, const V u[FEATURES], V *value, V grad[FEATURES],
                         V hess[PAIRS]) {
  V h[2][DM_MAX_WIDTH][CHANNELS];
  OWN(memory) memory[DM_MAX_LAYERS - 1][DM_MAX_WIDTH];
  V g[2][DM_MAX_WIDTH];
  const REAL *transposed[DM_MAX_LAYERS];
  const REAL *w = law->weights;
  const int last = law->layers - 1;
  for (int k = 0; k < FEATURES; k++) grad[k] = (V)((REAL)0);
  for (int k = 0; k < PAIRS; k++) hess[k] = (V)((REAL)0);
  V out = (V)((REAL)0);
  for (int l = 0; l <= last; l++) {
    const int p = law->width[l], q = l ? law->width[l - 1] : 0;
    const REAL *b = w, *skip = b + p, *hidden = skip + FEATURES * p;
    transposed[l] = hidden + (ptrdiff_t)p * q;
    w = transposed[l] + (ptrdiff_t)p * q;
    const V(*below)[CHANNELS] = (const V(*)[CHANNELS])h[(l + 1) & 1];
    V(*here)[CHANNELS] = h[l & 1];
    for (int i = 0; i < p; i += DM_TILE) {
      V acc[DM_TILE][CHANNELS];
      for (int r = 0; r < DM_TILE; r++) {
        V z = (V)(b[i + r]);
#pragma clang loop unroll(full)
        for (int k = 0; k < FEATURES; k++) {
          const REAL s = skip[FEATURES * i + DM_TILE * k + r];
          z += s * u[k];
          acc[r][1 + k] = (V)(s);
        }
        acc[r][0] = z;
      }
      if (l) {
        const REAL *tile = hidden + (ptrdiff_t)i * q;
        int c = 0;
#pragma clang loop unroll(full)
        for (; c + 4 <= CHANNELS; c += 4)
          OWN(tile4)(tile, q, (const V(*)[CHANNELS])&below[0][c], (V(*)[CHANNELS])&acc[0][c]);
#if CHANNELS % 4
        OWN(tile2)(tile, q, (const V(*)[CHANNELS])&below[0][c], (V(*)[CHANNELS])&acc[0][c]);
#endif
      }
      for (int r = 0; r < DM_TILE; r++) {
        V f, first, second;
        NAME(softplus)(acc[r][0], &f, &first, &second);
        const V *z = &acc[r][1];
        if (l < last) {
          here[i + r][0] = f;
          OWN(memory) *m = &memory[l][i + r];
          m->first = first, m->second = second;
#pragma clang loop unroll(full)
          for (int k = 0; k < FEATURES; k++) {
            here[i + r][1 + k] = first * z[k];
            m->zd[k] = z[k];
          }
        } else {
          const REAL v = w[i + r];
          const V d = v * first;
          out += v * f;
          g[l & 1][i + r] = d;
#pragma clang loop unroll(full)
          for (int k = 0; k < FEATURES; k++) grad[k] += d * z[k];
          OWN(curve)(v * second, z, hess);
        }
      }
    }
  }
  *value = out;
  // Reverse: ∂out/∂h of the layer below is Vᵀ (∂out/∂z); each layer adds its curvature.
  for (int l = last; l > 0; l--) {
    const int p = law->width[l], q = law->width[l - 1];
    const V *dz = g[l & 1];
    for (int j = 0; j < q; j += DM_TILE) {
      const REAL *t = transposed[l] + (ptrdiff_t)j * p;
      V a0 = (V)((REAL)0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      for (int i = 0; i < p; i += 2, t += 2 * DM_TILE) {
        const V x = dz[i], y = dz[i + 1];
        a0 += t[0] * x, a1 += t[1] * x, a2 += t[2] * x, a3 += t[3] * x;
        b0 += t[4] * y, b1 += t[5] * y, b2 += t[6] * y, b3 += t[7] * y;
      }
      const V sum[DM_TILE] = {a0 + b0, a1 + b1, a2 + b2, a3 + b3};
      for (int r = 0; r < DM_TILE; r++) {
        const OWN(memory) *m = &memory[l - 1][j + r];
        g[(l - 1) & 1][j + r] = sum[r] * m->first;
        OWN(curve)(sum[r] * m->second, m->zd, hess);
      }
    }
  }
}

#ifndef SINGLE
#if LANES <= DM_TILE
// The same at one point, neurons side by side in the registers; out holds value, gradient, Hessian. Every
// number is made of the same operations in the same order, so that a point has the same bits alone and in
// company.
#define PARTS (DM_TILE / LANES)
static void OWN(point)(const STACK *law, const REAL u[FEATURES], REAL *out) {
  REAL h[2][CHANNELS][DM_MAX_WIDTH], slope[DM_MAX_LAYERS][DM_MAX_WIDTH],
      bend[DM_MAX_LAYERS][DM_MAX_WIDTH], zd[DM_MAX_LAYERS][FEATURES][DM_MAX_WIDTH],
      g[2][DM_MAX_WIDTH];
  const REAL *transposed[DM_MAX_LAYERS], *w = law->weights;
  const int last = law->layers - 1;
  for (int k = 0; k < 1 + FEATURES + PAIRS; k++) out[k] = 0;
  REAL *grad = out + 1, *hess = grad + FEATURES;
  for (int l = 0; l <= last; l++) {
    const int p = law->width[l], q = l ? law->width[l - 1] : 0;
    const REAL *b = w, *skip = b + p, *hidden = skip + FEATURES * p;
    transposed[l] = hidden + (ptrdiff_t)p * q;
    w = transposed[l] + (ptrdiff_t)p * q;
    REAL(*below)[DM_MAX_WIDTH] = h[(l + 1) & 1], (*here)[DM_MAX_WIDTH] = h[l & 1];
    for (int i = 0; i < p; i += DM_TILE) {
      V acc[PARTS][CHANNELS];
#pragma clang loop unroll(full)
      for (int r = 0; r < PARTS; r++) {
        V z = NAME(load)(b + i + LANES * r);
#pragma clang loop unroll(full)
        for (int k = 0; k < FEATURES; k++) {
          const V s = NAME(load)(skip + FEATURES * i + DM_TILE * k + LANES * r);
          z += s * u[k];
          acc[r][1 + k] = s;
        }
        acc[r][0] = z;
      }
      const REAL *tile = hidden + (ptrdiff_t)i * q;
      for (int j = 0; j < q; j++, tile += DM_TILE)
#pragma clang loop unroll(full)
        for (int r = 0; r < PARTS; r++) {
          const V v = NAME(load)(tile + LANES * r);
#pragma clang loop unroll(full)
          for (int c = 0; c < CHANNELS; c++) acc[r][c] += v * below[c][j];
        }
      for (int r = 0; r < PARTS; r++) {
        const int at = i + LANES * r;
        V f, first, second;
        NAME(softplus)(acc[r][0], &f, &first, &second);
        NAME(store)(here[0] + at, f);
        NAME(store)(slope[l] + at, first), NAME(store)(bend[l] + at, second);
#pragma clang loop unroll(full)
        for (int k = 0; k < FEATURES; k++) {
          NAME(store)(here[1 + k] + at, first * acc[r][1 + k]);
          NAME(store)(zd[l][k] + at, acc[r][1 + k]);
        }
      }
    }
  }
  for (int i = 0; i < law->width[last]; i++) {
    const REAL v = w[i], d = v * slope[last][i];
    out[0] += v * h[last & 1][0][i];
    g[last & 1][i] = d;
    for (int k = 0; k < FEATURES; k++) grad[k] += d * zd[last][k][i];
    bend[last][i] *= v;
  }
  for (int l = last; l >= 0; l--) {
    for (int i = 0; i < law->width[l]; i++) {
      int m = 0;
#pragma clang loop unroll(full)
      for (int k = 0; k < FEATURES; k++) {
        const REAL cz = bend[l][i] * zd[l][k][i];
#pragma clang loop unroll(full)
        for (int n = k; n < FEATURES; n++) hess[m++] += cz * zd[l][n][i];
      }
    }
    if (l == 0) return;
    const int p = law->width[l], q = law->width[l - 1];
    const REAL *dz = g[l & 1];
    for (int j = 0; j < q; j += LANES) {
      const REAL *t = transposed[l] + (ptrdiff_t)(j / DM_TILE) * DM_TILE * p + j % DM_TILE;
      V a = (V)((REAL)0), b = a;
      for (int i = 0; i < p; i += 2, t += 2 * DM_TILE) {
        a += NAME(load)(t) * dz[i];
        b += NAME(load)(t + DM_TILE) * dz[i + 1];
      }
      const V sum = a + b;
      NAME(store)(g[(l - 1) & 1] + j, sum * NAME(load)(slope[l - 1] + j));
      NAME(store)(bend[l - 1] + j, sum * NAME(load)(bend[l - 1] + j));
    }
  }
}
#undef PARTS
#endif

// The map at the first n points of a register: one by one where they are few, side by side where not.
INLINE void OWN(map)(const STACK *law, ptrdiff_t n, const V u[FEATURES], V *value, V grad[FEATURES],
                     V hess[PAIRS]) {
  if (2 * n > LANES) {
    OWN(stacked)(law, u, value, grad, hess);
    return;
  }
  REAL out[LANES][1 + FEATURES + PAIRS], lanes[1 + FEATURES + PAIRS][LANES] = {{0}};
  for (int p = 0; p < n; p++) {
    REAL x[FEATURES];
    for (int k = 0; k < FEATURES; k++) {
      REAL all[LANES];
      NAME(store)(all, u[k]);
      x[k] = all[p];
    }
    POINT(law, x, out[p]);
    for (int k = 0; k < 1 + FEATURES + PAIRS; k++) lanes[k][p] = out[p][k];
  }
  *value = NAME(load)(lanes[0]);
  for (int k = 0; k < FEATURES; k++) grad[k] = NAME(load)(lanes[1 + k]);
  for (int k = 0; k < PAIRS; k++) hess[k] = NAME(load)(lanes[1 + FEATURES + k]);
}
#endif

#undef CHANNELS
#undef PAIRS
