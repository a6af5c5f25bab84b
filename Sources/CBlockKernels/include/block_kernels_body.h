// Written once for every precision: SCALAR, LANES and NAME are set by who includes it.

// sum += B v of 6 unknowns.
DM_INLINE void NAME(product6)(const LANES *B, const LANES *v, LANES *sum) {
  const LANES x = *v;
  // Two sums, so that one addition need not wait for the other.
  const LANES even = B[0] * x[0] + B[2] * x[2] + B[4] * x[4];
  const LANES odd = B[1] * x[1] + B[3] * x[3] + B[5] * x[5];
  *sum += even + odd;
}

// sum (two registers) += B v of 12 unknowns.
DM_INLINE void NAME(product12)(const LANES *B, const LANES *v, LANES *sum) {
  LANES a = sum[0], b = sum[1];
  const LANES x = v[0], y = v[1];
  for (int c = 0; c < 8; c++) {
    a += B[2 * c] * x[c];
    b += B[2 * c + 1] * x[c];
  }
  for (int c = 0; c < 4; c++) {
    a += B[16 + 2 * c] * y[c];
    b += B[17 + 2 * c] * y[c];
  }
  sum[0] = a, sum[1] = b;
}

DM_INLINE double NAME(total)(const LANES *lanes) {
  const LANES a = *lanes;
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

// out = B v.
DM_INLINE void NAME(apply)(const void *block, const void *v, void *out, bool isWide) {
  LANES sum[2] = {{0}, {0}};
  if (isWide) {
    NAME(product12)(block, v, sum);
    ((LANES *)out)[1] = sum[1];
  } else {
    NAME(product6)(block, v, sum);
  }
  ((LANES *)out)[0] = sum[0];
}

// B += p n uᵀ + q t vᵀ; the vectors are in double precision.
DM_INLINE void NAME(outer)(
    void *block, const void *n, const void *u, double p, const void *t, const void *v, double q,
    bool isWide) {
  LANES *B = block;
  const dm_d8 *N = n, *U = u, *T = t, *V = v;
  if (isWide) {
    const LANES n0 = DM_TO(N[0]), n1 = DM_TO(N[1]), t0 = DM_TO(T[0]), t1 = DM_TO(T[1]);
    for (int c = 0; c < 12; c++) {
      const SCALAR x = (SCALAR)(p * U[c / 8][c % 8]), y = (SCALAR)(q * V[c / 8][c % 8]);
      B[2 * c] += x * n0 + y * t0;
      B[2 * c + 1] += x * n1 + y * t1;
    }
  } else {
    const LANES x = DM_TO(p * N[0]), y = DM_TO(q * T[0]), s = DM_TO(U[0]), r = DM_TO(V[0]);
    for (int c = 0; c < 6; c++) B[c] += x * s[c] + y * r[c];
  }
}

// product = A search of rows from ... to − 1; search · product.
DM_INLINE double NAME(rows)(
    const void *diagonal, const void *off, const int32_t *start, const int32_t *columns,
    const void *search, void *product, intptr_t from, intptr_t to, bool isWide) {
  const LANES *D = diagonal, *B = off, *p = search;
  LANES *out = product;
  LANES dot = {0};
  const LANES zero = {0};
  if (isWide) {
    for (intptr_t i = from; i < to; i++) {
      LANES sum[2] = {zero, zero};
      NAME(product12)(D + 24 * i, p + 2 * i, sum);
      for (intptr_t k = start[i]; k < start[i + 1]; k++) {
        NAME(product12)(B + 24 * k, p + 2 * (intptr_t)columns[k], sum);
      }
      out[2 * i] = sum[0], out[2 * i + 1] = sum[1];
      dot += p[2 * i] * sum[0] + p[2 * i + 1] * sum[1];
    }
  } else {
    for (intptr_t i = from; i < to; i++) {
      LANES sum = zero;
      NAME(product6)(D + 6 * i, p + i, &sum);
      for (intptr_t k = start[i]; k < start[i + 1]; k++) {
        NAME(product6)(B + 6 * k, p + columns[k], &sum);
      }
      out[i] = sum;
      dot += p[i] * sum;
    }
  }
  return NAME(total)(&dot);
}

// x += a search, r −= a product, z = P r of rows from ... to − 1; r · r and r · z.
DM_INLINE dm_sums NAME(refine)(
    const void *inverse, const void *search, const void *product, SCALAR a, void *solution,
    void *residual, void *refined, intptr_t from, intptr_t to, bool isWide) {
  const LANES *P = inverse, *p = search, *q = product;
  LANES *x = solution, *r = residual, *z = refined;
  LANES rr = {0}, rz = {0};
  const LANES zero = {0};
  if (isWide) {
    for (intptr_t i = from; i < to; i++) {
      LANES sum[2] = {zero, zero};
      for (intptr_t l = 2 * i; l < 2 * i + 2; l++) {
        x[l] += a * p[l];
        r[l] -= a * q[l];
      }
      NAME(product12)(P + 24 * i, r + 2 * i, sum);
      for (int l = 0; l < 2; l++) {
        z[2 * i + l] = sum[l];
        rr += r[2 * i + l] * r[2 * i + l];
        rz += r[2 * i + l] * sum[l];
      }
    }
  } else {
    for (intptr_t i = from; i < to; i++) {
      x[i] += a * p[i];
      const LANES rest = r[i] - a * q[i];
      LANES sum = zero;
      NAME(product6)(P + 6 * i, &rest, &sum);
      r[i] = rest;
      z[i] = sum;
      rr += rest * rest;
      rz += rest * sum;
    }
  }
  return (dm_sums){NAME(total)(&rr), NAME(total)(&rz)};
}

// search = refined + b search of rows from ... to − 1.
DM_INLINE void NAME(turn)(
    const void *refined, SCALAR b, void *search, intptr_t from, intptr_t to) {
  const LANES *z = refined;
  LANES *p = search;
  for (intptr_t i = from; i < to; i++) p[i] = z[i] + b * p[i];
}
