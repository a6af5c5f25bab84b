// What an optimiser does with a gradient.

// One step of Adam (Kingma & Ba, ICLR 2015), decoupled decay of the weights (Loshchilov & Hutter, ICLR
// 2019): `rate` and `floor` carry the corrections of the first steps.
static void NAME(adam)(ptrdiff_t n, const double *g, double *m, double *v, double *x, double beta1,
                       double beta2, double rate, double floor, double decay) {
  ptrdiff_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const V y = NAME(load)(g + i);
    const V a = beta1 * NAME(load)(m + i) + (1.0 - beta1) * y;
    const V b = beta2 * NAME(load)(v + i) + (1.0 - beta2) * (y * y);
    const V z = NAME(load)(x + i);
    NAME(store)(m + i, a), NAME(store)(v + i, b);
    NAME(store)(x + i, z - decay * z - rate * a / (__builtin_elementwise_sqrt(b) + floor));
  }
  for (; i < n; i++) {
    m[i] = beta1 * m[i] + (1.0 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1.0 - beta2) * (g[i] * g[i]);
    x[i] -= decay * x[i] + rate * m[i] / (__builtin_sqrt(v[i]) + floor);
  }
}

// Total of `count` vectors of n numbers that stand behind each other, first to last, into `sum`.
static void NAME(add_up)(ptrdiff_t n, ptrdiff_t count, const double *x, double *sum) {
  ptrdiff_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    V s = NAME(load)(x + i);
    for (ptrdiff_t k = 1; k < count; k++) s += NAME(load)(x + k * n + i);
    NAME(store)(sum + i, s);
  }
  for (; i < n; i++) {
    double s = x[i];
    for (ptrdiff_t k = 1; k < count; k++) s += x[k * n + i];
    sum[i] = s;
  }
}

// X ← the nearest semi-orthogonal matrix, roughly: five steps X ← aX + (bA + cA²) X, A = X Xᵀ, from
// X/‖X‖_F. They drive the singular values into a band about 1, fast rather than exactly. Jordan et al.,
// "Muon", 2024. X is rows × columns, row by row.
static void NAME(orthogonalise)(int rows, int columns, double *x, double *scratch) {
  const int flip = rows > columns, p = flip ? columns : rows, q = flip ? rows : columns;
  const int pv = (p + LANES - 1) / LANES, qv = (q + LANES - 1) / LANES;
  const int ps = pv * LANES, qs = qv * LANES;
  double *X = scratch, *T = X + (ptrdiff_t)p * qs, *A = T + (ptrdiff_t)q * ps,
         *B = A + (ptrdiff_t)p * ps, *Y = B + (ptrdiff_t)p * ps;
  double square = 0;
  for (ptrdiff_t i = 0; i < (ptrdiff_t)rows * columns; i++) square += x[i] * x[i];
  const double scale = square > 0 ? 1 / __builtin_sqrt(square) : 0;
  for (ptrdiff_t i = 0; i < (ptrdiff_t)p * qs; i++) X[i] = 0;
  for (ptrdiff_t i = 0; i < (ptrdiff_t)q * ps; i++) T[i] = 0;
  for (int i = 0; i < p; i++)
    for (int j = 0; j < q; j++)
      X[(ptrdiff_t)i * qs + j] = scale * (flip ? x[(ptrdiff_t)j * columns + i]
                                               : x[(ptrdiff_t)i * columns + j]);
  for (int step = 0; step < 5; step++) {
    for (int i = 0; i < p; i++)
      for (int j = 0; j < q; j++) T[(ptrdiff_t)j * ps + i] = X[(ptrdiff_t)i * qs + j];
    for (ptrdiff_t i = 0; i < (ptrdiff_t)p * ps; i++) A[i] = 0;
    NAME(product)(X, qs, 1, p, q, (const V *)T, pv, pv, (V *)A, pv);
    // B = bA + cA², the factor c last.
    for (ptrdiff_t i = 0; i < (ptrdiff_t)p * ps; i++) B[i] = A[i] * (-4.7750 / 2.0315);
    NAME(product)(A, ps, 1, p, p, (const V *)A, pv, pv, (V *)B, pv);
    for (ptrdiff_t i = 0; i < (ptrdiff_t)p * ps; i++) B[i] *= 2.0315;
    for (ptrdiff_t i = 0; i < (ptrdiff_t)p * qs; i++) Y[i] = 3.4445 * X[i];
    NAME(product)(B, ps, 1, p, p, (const V *)X, qv, qv, (V *)Y, qv);
    double *swap = X;
    X = Y, Y = swap;
  }
  for (int i = 0; i < p; i++)
    for (int j = 0; j < q; j++)
      x[flip ? (ptrdiff_t)j * columns + i : (ptrdiff_t)i * columns + j] = X[(ptrdiff_t)i * qs + j];
}
