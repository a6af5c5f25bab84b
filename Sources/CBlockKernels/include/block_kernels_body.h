// Written once for every precision: SCALAR, LANES, COLUMN and NAME are set by who includes it.

// sum += B v of 6 unknowns; lanes 6 and 7 are whatever stands behind a column.
DM_INLINE void NAME(product6)(const SCALAR *B, const LANES *v, LANES *sum) {
  const LANES x = *v;
  // Two sums, so that one addition need not wait for the other.
  const LANES even = COLUMN(B) * x[0] + COLUMN(B + 12) * x[2] + COLUMN(B + 24) * x[4];
  const LANES odd = COLUMN(B + 6) * x[1] + COLUMN(B + 18) * x[3] + COLUMN(B + 30) * x[5];
  *sum += even + odd;
}

// sum (two registers) += B v of 12 unknowns; lanes 4 to 7 of the second are whatever stands behind a column.
DM_INLINE void NAME(product12)(const SCALAR *B, const LANES *v, LANES *sum) {
  LANES a = sum[0], b = sum[1];
  const LANES x = v[0], y = v[1];
  for (int c = 0; c < 8; c++) {
    a += COLUMN(B + 12 * c) * x[c];
    b += COLUMN(B + 12 * c + 8) * x[c];
  }
  for (int c = 0; c < 4; c++) {
    a += COLUMN(B + 96 + 12 * c) * y[c];
    b += COLUMN(B + 104 + 12 * c) * y[c];
  }
  sum[0] = a, sum[1] = b;
}

// Makes zero again what no unknown stands in.
DM_INLINE void NAME(clean6)(LANES *a) { (*a)[6] = 0, (*a)[7] = 0; }
DM_INLINE void NAME(clean12)(LANES *a) { a[1][4] = 0, a[1][5] = 0, a[1][6] = 0, a[1][7] = 0; }

DM_INLINE double NAME(total)(const LANES *lanes) {
  const LANES a = *lanes;
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

// A block in registers as packed columns.
DM_INLINE void NAME(pack)(const void *block, SCALAR *out, bool isWide) {
  const dm_d8 *B = block;
  if (isWide) {
    for (int c = 0; c < 12; c++) {
      const LANES a = DM_TO(B[2 * c]), b = DM_TO(B[2 * c + 1]);
      __builtin_memcpy(out + 12 * c, &a, 8 * sizeof(SCALAR));
      __builtin_memcpy(out + 12 * c + 8, &b, 4 * sizeof(SCALAR));
    }
  } else {
    for (int c = 0; c < 6; c++) {
      const LANES a = DM_TO(B[c]);
      __builtin_memcpy(out + 6 * c, &a, 6 * sizeof(SCALAR));
    }
  }
}

// product = A search of rows from ... to − 1; search · product.
DM_INLINE double NAME(rows)(
    const SCALAR *diagonal, const SCALAR *off, const int32_t *start, const int32_t *columns,
    const void *search, void *product, intptr_t from, intptr_t to, bool isWide) {
  const LANES *p = search;
  LANES *out = product;
  LANES dot = {0};
  const LANES zero = {0};
  if (isWide) {
    for (intptr_t i = from; i < to; i++) {
      LANES sum[2] = {zero, zero};
      NAME(product12)(diagonal + 144 * i, p + 2 * i, sum);
      for (intptr_t k = start[i]; k < start[i + 1]; k++) {
        NAME(product12)(off + 144 * k, p + 2 * (intptr_t)columns[k], sum);
      }
      NAME(clean12)(sum);
      out[2 * i] = sum[0], out[2 * i + 1] = sum[1];
      dot += p[2 * i] * sum[0] + p[2 * i + 1] * sum[1];
    }
  } else {
    for (intptr_t i = from; i < to; i++) {
      LANES sum = zero;
      NAME(product6)(diagonal + 36 * i, p + i, &sum);
      for (intptr_t k = start[i]; k < start[i + 1]; k++) {
        NAME(product6)(off + 36 * k, p + columns[k], &sum);
      }
      NAME(clean6)(&sum);
      out[i] = sum;
      dot += p[i] * sum;
    }
  }
  return NAME(total)(&dot);
}

// x += a search, r −= a product, z = P r of rows from ... to − 1; r · r and r · z.
DM_INLINE dm_sums NAME(refine)(
    const SCALAR *inverse, const void *search, const void *product, SCALAR a, void *solution,
    void *residual, void *refined, intptr_t from, intptr_t to, bool isWide) {
  const LANES *p = search, *q = product;
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
      NAME(product12)(inverse + 144 * i, r + 2 * i, sum);
      NAME(clean12)(sum);
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
      NAME(product6)(inverse + 36 * i, &rest, &sum);
      NAME(clean6)(&sum);
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

// Symmetric Gauss–Seidel over the rows from ... to − 1 alone, with D, L and U the matrix of these rows and columns. With it
// as preconditioner conjugate gradients need one pass over the matrix (Eisenstat, SIAM J. Sci. Stat. Comput. 2 (1981)).

// t = q − D⁻¹ s with s = U t, backwards.
DM_INLINE void NAME(backward)(
    const SCALAR *inverse, const SCALAR *off, const int32_t *start, const int32_t *columns,
    const void *q, void *t, void *s, intptr_t from, intptr_t to, bool isWide) {
  const LANES *given = q;
  LANES *found = t, *above = s;
  const LANES zero = {0};
  if (isWide) {
    for (intptr_t i = to - 1; i >= from; i--) {
      LANES sum[2] = {zero, zero}, own[2] = {zero, zero};
      for (intptr_t k = start[i + 1] - 1; k >= start[i] && columns[k] > i; k--) {
        if (columns[k] < to) NAME(product12)(off + 144 * k, found + 2 * (intptr_t)columns[k], sum);
      }
      NAME(clean12)(sum);
      NAME(product12)(inverse + 144 * i, sum, own);
      NAME(clean12)(own);
      for (int l = 0; l < 2; l++) {
        above[2 * i + l] = sum[l];
        found[2 * i + l] = given[2 * i + l] - own[l];
      }
    }
  } else {
    for (intptr_t i = to - 1; i >= from; i--) {
      LANES sum = zero, own = zero;
      for (intptr_t k = start[i + 1] - 1; k >= start[i] && columns[k] > i; k--) {
        if (columns[k] < to) NAME(product6)(off + 36 * k, found + columns[k], &sum);
      }
      NAME(clean6)(&sum);
      NAME(product6)(inverse + 36 * i, &sum, &own);
      NAME(clean6)(&own);
      above[i] = sum;
      found[i] = given[i] - own;
    }
  }
}

// y = D⁻¹ (s + E t − L y), forwards, E being the columns of other rows; w · (t + y), where s becomes t + y.
DM_INLINE double NAME(forward)(
    const SCALAR *inverse, const SCALAR *off, const int32_t *start, const int32_t *columns,
    const void *t, void *s, void *y, const void *w, intptr_t from, intptr_t to, bool isWide) {
  const LANES *given = t, *weight = w;
  LANES *product = s, *found = y;
  LANES dot = {0};
  const LANES zero = {0};
  if (isWide) {
    for (intptr_t i = from; i < to; i++) {
      LANES less[2] = {zero, zero}, own[2] = {zero, zero};
      LANES more[2] = {product[2 * i], product[2 * i + 1]};
      for (intptr_t k = start[i]; k < start[i + 1]; k++) {
        const intptr_t j = columns[k];
        if (j < from || j >= to) {
          NAME(product12)(off + 144 * k, given + 2 * j, more);
        } else if (j < i) {
          NAME(product12)(off + 144 * k, found + 2 * j, less);
        }
      }
      more[0] -= less[0], more[1] -= less[1];
      NAME(clean12)(more);
      NAME(product12)(inverse + 144 * i, more, own);
      NAME(clean12)(own);
      for (int l = 0; l < 2; l++) {
        found[2 * i + l] = own[l];
        product[2 * i + l] = given[2 * i + l] + own[l];
        dot += weight[2 * i + l] * product[2 * i + l];
      }
    }
  } else {
    for (intptr_t i = from; i < to; i++) {
      LANES less = zero, more = product[i], own = zero;
      for (intptr_t k = start[i]; k < start[i + 1]; k++) {
        const intptr_t j = columns[k];
        if (j < from || j >= to) {
          NAME(product6)(off + 36 * k, given + j, &more);
        } else if (j < i) {
          NAME(product6)(off + 36 * k, found + j, &less);
        }
      }
      more -= less;
      NAME(clean6)(&more);
      NAME(product6)(inverse + 36 * i, &more, &own);
      NAME(clean6)(&own);
      found[i] = own;
      product[i] = given[i] + own;
      dot += weight[i] * product[i];
    }
  }
  return NAME(total)(&dot);
}

// x += a t, r −= a product, z = D r of rows from ... to − 1; r · z.
DM_INLINE double NAME(refine_split)(
    const SCALAR *diagonal, const void *t, const void *product, SCALAR a, void *solution,
    void *residual, void *refined, intptr_t from, intptr_t to, bool isWide) {
  const LANES *p = t, *q = product;
  LANES *x = solution, *r = residual, *z = refined;
  LANES rz = {0};
  const LANES zero = {0};
  const intptr_t lanes = isWide ? 2 : 1;
  for (intptr_t l = lanes * from; l < lanes * to; l++) {
    x[l] += a * p[l];
    r[l] -= a * q[l];
  }
  for (intptr_t i = from; i < to; i++) {
    LANES sum[2] = {zero, zero};
    if (isWide) {
      NAME(product12)(diagonal + 144 * i, r + 2 * i, sum);
      NAME(clean12)(sum);
      rz += r[2 * i + 1] * sum[1];
      z[2 * i + 1] = sum[1];
    } else {
      NAME(product6)(diagonal + 36 * i, r + i, sum);
      NAME(clean6)(sum);
    }
    rz += r[lanes * i] * sum[0];
    z[lanes * i] = sum[0];
  }
  return NAME(total)(&rz);
}
