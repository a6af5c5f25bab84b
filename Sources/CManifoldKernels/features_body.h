// Laws with more features than the three isotropic ones, for a fixed number of them; included by
// kernel_body.h after stack_body.h with the same FEATURES and OWN(x).

#define PAIRS (FEATURES * (FEATURES + 1) / 2)

// y_i = Σ_j D(X)_ij v_j in Mandel order, where D(X) = ∂cof C/∂C at C = X, entries x = xx, yy, zz, yz,
// zx, xy: the tensor cross product X × v (Bonet, Gil & Ortigosa, CMAME 283 (2015)).
INLINE void OWN(cross)(const V x[6], const V v[6], V y[6]) {
  const V p = ROOT2 * x[3], q = ROOT2 * x[4], r = ROOT2 * x[5];
  y[0] = x[2] * v[1] + x[1] * v[2] - p * v[3];
  y[1] = x[2] * v[0] + x[0] * v[2] - q * v[4];
  y[2] = x[1] * v[0] + x[0] * v[1] - r * v[5];
  y[3] = x[5] * v[4] + x[4] * v[5] - p * v[0] - x[0] * v[3];
  y[4] = x[5] * v[3] + x[3] * v[5] - q * v[1] - x[1] * v[4];
  y[5] = x[4] * v[3] + x[3] * v[4] - r * v[2] - x[2] * v[5];
}

// T_ij += Σ_kl H_kl A_k[i] A_l[j], packed upper triangles.
INLINE void OWN(congruence)(const V hess[PAIRS], const V A[FEATURES][6], V T[21]) {
  V E[FEATURES][6];
  for (int k = 0; k < FEATURES; k++)
    for (int j = 0; j < 6; j++) {
      V sum = (V)(0.0);
#pragma clang loop unroll(full)
      for (int l = 0; l < FEATURES; l++) {
        const int m = k < l ? k : l, n = k < l ? l : k;
        sum += hess[m * FEATURES - m * (m - 1) / 2 + n - m] * A[l][j];
      }
      E[k][j] = sum;
    }
  int t = 0;
  for (int i = 0; i < 6; i++)
    for (int j = i; j < 6; j++, t++) {
      V sum = T[t];
#pragma clang loop unroll(full)
      for (int k = 0; k < FEATURES; k++) sum += A[k][i] * E[k][j];
      T[t] = sum;
    }
}

// One part of a group, whose first n points are asked for. Every feature is the root of an invariant: I1, I2, I3, C : H, cof C : H. With
// A_k = ∂I_k/∂C: S = 2 Σ W_k A_k and 2 ∂S/∂C = 4 Σ W_kl A_k ⊗ A_l + 4 D(X), where
// X = W_2 1 + W_3 C + Σ W_y H collects the second derivatives of I2, I3 and cof C : H.
INLINE void OWN(anisotropic_part)(const dm_anisotropic *law, ptrdiff_t n, const double *strain, double *energy,
                                  double *stress, double *tangent) {
  const double half[6] = {1, 1, 1, HALF_ROOT2, HALF_ROOT2, HALF_ROOT2};
  const double root[6] = {1, 1, 1, ROOT2, ROOT2, ROOT2};
  V C[6], c[6], A[FEATURES][6], I[FEATURES];
  for (int i = 0; i < 6; i++) {
    C[i] = NAME(load)(strain + 8 * i);
    c[i] = half[i] * C[i];
  }
  const V cof[6] = {c[1] * c[2] - c[3] * c[3], c[0] * c[2] - c[4] * c[4],
                    c[0] * c[1] - c[5] * c[5], c[4] * c[5] - c[0] * c[3],
                    c[3] * c[5] - c[1] * c[4], c[3] * c[4] - c[2] * c[5]};
  const V trace = c[0] + c[1] + c[2];
  for (int i = 0; i < 6; i++) {
    A[0][i] = (V)(i < 3 ? 1.0 : 0.0);
    A[1][i] = i < 3 ? trace - C[i] : -C[i];
    A[2][i] = root[i] * cof[i];
  }
  I[0] = trace;
  I[1] = cof[0] + cof[1] + cof[2];
  I[2] = c[0] * cof[0] + c[5] * cof[5] + c[4] * cof[4];
  I[2] = NAME(choose)(I[2] > 0.0, I[2], (V)(__builtin_nan("")));
  for (int d = 0; 3 + 2 * d < FEATURES; d++) {
    V H[6], x = (V)(0.0), y = (V)(0.0);
    for (int i = 0; i < 6; i++) {
      H[i] = (V)(law->structure[d][i]);
      A[3 + 2 * d][i] = root[i] * H[i];
      const double weight = law->structure[d][i] * root[i] * root[i];
      x += weight * c[i], y += weight * cof[i];
    }
    OWN(cross)(H, C, A[4 + 2 * d]);
    I[3 + 2 * d] = x, I[4 + 2 * d] = y;
  }

  V x[FEATURES], u[FEATURES], value, g[FEATURES], h[PAIRS];
  for (int k = 0; k < FEATURES; k++) {
    x[k] = SQRT(I[k]);
    u[k] = (x[k] - law->centre[k]) * law->inverse_scale[k];
  }
  OWN(map)(&law->stack, n, u, &value, g, h);
  // With respect to I: dx/dI = 1/(2x), d²x/dI² = −1/(4x³).
  const double s = law->scale;
  V W[FEATURES], q[FEATURES], G[FEATURES];
  V sum = s * (value - law->output_at_rest);
  for (int k = 0; k < FEATURES; k++) {
    G[k] = (s * law->inverse_scale[k]) * g[k] + law->linear[k];
    q[k] = 0.5 / x[k];
    W[k] = G[k] * q[k];
    sum += law->linear[k] * (x[k] - law->centre[k]);
  }
  int t = 0;
  for (int k = 0; k < FEATURES; k++)
    for (int l = k; l < FEATURES; l++, t++) {
      V second = (s * law->inverse_scale[k] * law->inverse_scale[l]) * h[t];
      if (k == l) second -= 2.0 * q[k] * G[k];
      h[t] = 4.0 * q[k] * q[l] * second;
    }
  const V i3 = 1.0 / I[2];
  const double volumetric = 0.25 * law->bulk, half_growth = 0.5 * law->growth;
  const double logarithmic = volumetric + half_growth;
  W[0] += half_growth;
  W[2] += volumetric - logarithmic * i3;
  h[2 * FEATURES - 1] += 4.0 * logarithmic * i3 * i3;
  NAME(store)(energy, sum + half_growth * (I[0] - 3.0) + volumetric * (I[2] - 1.0) -
                          logarithmic * NAME(logarithm)(I[2]));

  V T[21], X[6];
  for (int i = 0; i < 6; i++) {
    V S = (V)(0.0);
    for (int k = 0; k < FEATURES; k++) S += W[k] * A[k][i];
    NAME(store)(stress + 8 * i, 2.0 * S);
    X[i] = W[2] * c[i];
    if (i < 3) X[i] += W[1];
    for (int d = 0; 3 + 2 * d < FEATURES; d++) X[i] += W[4 + 2 * d] * law->structure[d][i];
    X[i] *= 4.0;
  }
  const V zero = (V)(0.0), p = ROOT2 * X[3], Q = ROOT2 * X[4], r = ROOT2 * X[5];
  const V D[21] = {zero, X[2], X[1], -p, zero, zero, zero, X[0], zero, -Q, zero,
                   zero, zero, zero, -r, -X[0], X[5], X[4], -X[1], X[3], -X[2]};
  for (int k = 0; k < 21; k++) T[k] = D[k];
  OWN(congruence)(h, A, T);
  for (int k = 0; k < 21; k++) NAME(store)(tangent + 8 * k, T[k]);
}

// One part of a group, n points of it, at small strain: features affine in ε or smooth norms of it.
INLINE void OWN(small_strain_part)(const dm_small_strain *law, ptrdiff_t n, const double *strain,
                                   double *energy, double *stress, double *tangent) {
  V e[6], A[FEATURES][6], u[FEATURES], inverse[FEATURES], value, g[FEATURES], h[PAIRS];
  for (int i = 0; i < 6; i++) e[i] = NAME(load)(strain + 8 * i);
  for (int k = 0; k < FEATURES; k++) {
    const double *Q = law->form[k], delta = law->smoothing[k];
    V x = (V)(0.0);
    if (delta > 0) {
      for (int i = 0; i < 6; i++) {
        V y = (V)(0.0);
        for (int j = 0; j < 6; j++) y += Q[6 * i + j] * e[j];
        A[k][i] = y;
        x += y * e[i];
      }
      // √(x + δ²) − δ without cancellation.
      const V r = SQRT(x + delta * delta);
      inverse[k] = 1.0 / r;
      for (int i = 0; i < 6; i++) A[k][i] *= inverse[k];
      u[k] = x / (r + delta) * law->inverse_scale[k];
    } else {
      for (int i = 0; i < 6; i++) {
        A[k][i] = (V)(Q[i]);
        x += Q[i] * e[i];
      }
      inverse[k] = (V)(0.0);
      u[k] = x * law->inverse_scale[k];
    }
  }
  OWN(map)(&law->stack, n, u, &value, g, h);
  const double s = law->scale;
  V T[21], S[6], W = s * (value - law->output_at_rest);
  int t = 0;
  for (int i = 0; i < 6; i++) {
    V linear = (V)(0.0);
    for (int j = 0; j < 6; j++) linear += law->stiffness[6 * i + j] * e[j];
    S[i] = law->offset[i] + linear;
    W += e[i] * (law->offset[i] + 0.5 * linear);
    for (int j = i; j < 6; j++) T[t++] = (V)(law->stiffness[6 * i + j]);
  }
  t = 0;
  for (int k = 0; k < FEATURES; k++) {
    const V G = (s * law->inverse_scale[k]) * g[k];
    for (int i = 0; i < 6; i++) S[i] += G * A[k][i];
    for (int l = k; l < FEATURES; l++, t++)
      h[t] *= s * law->inverse_scale[k] * law->inverse_scale[l];
    // A norm is curved by itself: (Q − A ⊗ A)/r.
    const V own = G * inverse[k];
    h[t - FEATURES + k] -= own;
    if (law->smoothing[k] > 0) {
      int m = 0;
      for (int i = 0; i < 6; i++)
        for (int j = i; j < 6; j++) T[m++] += own * law->form[k][6 * i + j];
    }
  }
  OWN(congruence)(h, A, T);
  NAME(store)(energy, W);
  for (int i = 0; i < 6; i++) NAME(store)(stress + 8 * i, S[i]);
  for (int k = 0; k < 21; k++) NAME(store)(tangent + 8 * k, T[k]);
}

static void OWN(anisotropic)(const dm_anisotropic *law, ptrdiff_t points, const double *strain,
                             double *energy, double *stress, double *tangent) {
  for (ptrdiff_t p = 0; p < points; p += LANES) {
    const ptrdiff_t g = p / 8, o = p % 8;
    OWN(anisotropic_part)(law, points - p, strain + 48 * g + o, energy + 8 * g + o, stress + 48 * g + o,
                 tangent + 168 * g + o);
  }
}

static void OWN(small_strain)(const dm_small_strain *law, ptrdiff_t points, const double *strain,
                             double *energy, double *stress, double *tangent) {
  for (ptrdiff_t p = 0; p < points; p += LANES) {
    const ptrdiff_t g = p / 8, o = p % 8;
    OWN(small_strain_part)(law, points - p, strain + 48 * g + o, energy + 8 * g + o, stress + 48 * g + o,
                 tangent + 168 * g + o);
  }
}

#undef PAIRS
