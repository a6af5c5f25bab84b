// One body for three instruction sets; included by kernels.c with
//   LANES     doubles in one register (8, 4 or 2)
//   NAME(x)   x with the suffix of this instruction set
// Eight points are LANES at a time: a group's component i stands at p + 8 i, and the body runs over
// the 8 / LANES parts of it. No lane ever looks at another.
//
// A softplus takes both derivatives from one exponential, one polynomial logarithm and one division.

typedef double NAME(vec) __attribute__((ext_vector_type(LANES)));
typedef long NAME(mask) __attribute__((ext_vector_type(LANES)));
typedef double NAME(vecu) __attribute__((ext_vector_type(LANES), aligned(8)));
#define V NAME(vec)
#define M NAME(mask)
#define INLINE static inline __attribute__((always_inline))

INLINE V NAME(load)(const double *p) { return *(const NAME(vecu) *)p; }
INLINE void NAME(store)(double *p, V x) { *(NAME(vecu) *)p = x; }
INLINE V NAME(choose)(M m, V a, V b) { return (V)((m & (M)a) | (~m & (M)b)); }

// exp(y) for -708 <= y <= 0: y = n ln 2 + r, Taylor series of degree 13 in |r| <= ln 2 / 2
// (remainder below 1e-17), exponent added to the bits.
INLINE V NAME(exponential)(V y) {
  const double shift = 0x1.8p52;
  V n = y * 1.4426950408889634 + shift;
  M bits = (M)n << 52;
  n -= shift;
  V r = y - n * 0x1.62e42fefa3800p-1;
  r -= n * 0x1.ef35793c76730p-45;
  V r2 = r * r, r4 = r2 * r2;
  V a = (r * (1.0 / 6227020800.0) + 1.0 / 479001600.0);
  V b = (r * (1.0 / 39916800.0) + 1.0 / 3628800.0) + r2 * a;
  V c = (r * (1.0 / 362880.0) + 1.0 / 40320.0);
  V d = (r * (1.0 / 5040.0) + 1.0 / 720.0);
  V e = (r * (1.0 / 120.0) + 1.0 / 24.0);
  V f = (r * (1.0 / 6.0) + 0.5);
  V p = (e + r2 * d) + r4 * (c + r2 * b);
  p = r + r2 * (f + r2 * p);
  p += 1.0;
  return (V)((M)p + bits);
}

// ln(1 + f) = 2 atanh s with s = f / (2 + f), |s| <= 0.1716: series to s^21, remainder below 1e-17.
INLINE V NAME(logarithm_series)(V s) {
  V w = s * s, w2 = w * w, w4 = w2 * w2;
  V a = w * (2.0 / 21.0) + 2.0 / 19.0;
  V b = w * (2.0 / 17.0) + 2.0 / 15.0;
  V c = w * (2.0 / 13.0) + 2.0 / 11.0;
  V d = w * (2.0 / 9.0) + 2.0 / 7.0;
  V e = w * (2.0 / 5.0) + 2.0 / 3.0;
  V p = (e + w2 * d) + w4 * ((c + w2 * b) + w4 * a);
  return s * 2.0 + s * (w * p);
}

#define LN2 0x1.62e42fefa39efp-1

// softplus(z) = max(z, 0) + ln(1 + t), t = exp(-|z|); first derivative 1/(1 + t) or t/(1 + t),
// second t/(1 + t)². One division serves the logarithm and both derivatives.
INLINE void NAME(softplus)(V z, V *value, V *first, V *second) {
  V y = -__builtin_elementwise_abs(z);
  M low = y < -708.0;
  V t = NAME(exponential)(NAME(choose)(low, (V)(-708.0), y));
  V m = t + 1.0;
  M half = m > 1.4142135623730951;
  V f = NAME(choose)(half, t * 0.5 - 0.5, t);
  V g = f + 2.0;
  V q = 1.0 / (m * g);
  V r = q * g;
  V s = f * (q * m);
  V ln = NAME(logarithm_series)(s) + NAME(choose)(half, (V)(LN2), (V)(0.0));
  M positive = z > 0.0;
  *value = ln + NAME(choose)(positive, z, (V)(0.0));
  V tr = t * r;
  *first = NAME(choose)(positive, r, tr);
  *second = tr * r;
}

// ln x for positive normal x: x = 2^k m with m in (√½, √2].
INLINE V NAME(logarithm)(V x) {
  M bits = (M)x;
  M k = (bits - 0x3fe6a09e667f3bcdL) >> 52;
  V m = (V)(bits - (k << 52));
  V s = (m - 1.0) / (m + 1.0);
  V kd = __builtin_convertvector(k, V);
  return kd * LN2 + NAME(logarithm_series)(s);
}

#define SQRT __builtin_elementwise_sqrt
#define ROOT2 0x1.6a09e667f3bcdp+0
#define HALF_ROOT2 0x1.6a09e667f3bcdp-1
#define ROOT3 0x1.bb67ae8584caap+0

#define FEATURES 3
#define OWN(x) NAME(x##_3)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN

#define FEATURES 5
#define OWN(x) NAME(x##_5)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN

#define FEATURES 7
#define OWN(x) NAME(x##_7)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN

#define FEATURES 9
#define OWN(x) NAME(x##_9)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN

// One part of a group: invariants, potential, chain rule (the twin of Swift's InvariantChain).
INLINE void NAME(part)(const dm_potential *law, const double *strain, double *energy,
                       double *stress, double *tangent) {
  const V a = NAME(load)(strain), b = NAME(load)(strain + 8), c = NAME(load)(strain + 16);
  const V p = HALF_ROOT2 * NAME(load)(strain + 24), q = HALF_ROOT2 * NAME(load)(strain + 32),
          r = HALF_ROOT2 * NAME(load)(strain + 40);
  const V A = b * c - p * p, B = a * c - q * q, C = a * b - r * r;
  const V P = q * r - a * p, Q = p * r - b * q, R = p * q - c * r;
  const V I1 = a + b + c, I2 = A + B + C;
  V I3 = a * A + r * R + q * Q;
  I3 = NAME(choose)(I3 > 0.0, I3, (V)(__builtin_nan("")));

  const V x1 = SQRT(I1), x2 = SQRT(I2), J = SQRT(I3);
  const V u[3] = {(x1 - law->centre[0]) * law->inverse_scale[0],
                  (x2 - law->centre[1]) * law->inverse_scale[1],
                  (J - law->centre[2]) * law->inverse_scale[2]};
  V value, g[3], h[6];
  NAME(stacked_3)(&law->stack, u, &value, g, h);
  const double k1 = law->inverse_scale[0], k2 = law->inverse_scale[1], k3 = law->inverse_scale[2];
  const double s = law->scale;
  // With respect to x.
  const V G1 = (s * k1) * g[0], G2 = (s * k2) * g[1] + law->linear[1],
          G3 = (s * k3) * g[2] + law->linear[2];
  // With respect to I: dx/dI = 1/(2x), d²x/dI² = −1/(4x³).
  const V one = (V)(1.0);
  const V q1 = 0.5 / x1, q2 = 0.5 / x2, q3 = 0.5 / J, i3 = one / I3;
  const double volumetric = 0.25 * law->bulk, half_growth = 0.5 * law->growth;
  const double logarithmic = volumetric + half_growth;
  const V W1 = G1 * q1 + half_growth, W2 = G2 * q2, W3 = G3 * q3 + volumetric - logarithmic * i3;
  const V W11 = q1 * q1 * ((s * k1 * k1) * h[0] - 2.0 * q1 * G1);
  const V W12 = q1 * q2 * ((s * k1 * k2) * h[1]);
  const V W13 = q1 * q3 * ((s * k1 * k3) * h[2]);
  const V W22 = q2 * q2 * ((s * k2 * k2) * h[3] - 2.0 * q2 * G2);
  const V W23 = q2 * q3 * ((s * k2 * k3) * h[4]);
  const V W33 = q3 * q3 * ((s * k3 * k3) * h[5] - 2.0 * q3 * G3) + logarithmic * i3 * i3;
  NAME(store)(energy, s * (value - law->output_at_rest) + half_growth * (I1 - 3.0) +
                          law->linear[1] * (x2 - ROOT3) + law->linear[2] * (J - 1.0) +
                          volumetric * (I3 - 1.0) - logarithmic * NAME(logarithm)(I3));

  const V m0 = b + c, m1 = a + c, m2 = a + b, m3 = -ROOT2 * p, m4 = -ROOT2 * q, m5 = -ROOT2 * r;
  const V n3 = ROOT2 * P, n4 = ROOT2 * Q, n5 = ROOT2 * R;
  const V t1 = 2.0 * W1, t2 = 2.0 * W2, t3 = 2.0 * W3;
  NAME(store)(stress, t1 + t2 * m0 + t3 * A);
  NAME(store)(stress + 8, t1 + t2 * m1 + t3 * B);
  NAME(store)(stress + 16, t1 + t2 * m2 + t3 * C);
  NAME(store)(stress + 24, t2 * m3 + t3 * n3);
  NAME(store)(stress + 32, t2 * m4 + t3 * n4);
  NAME(store)(stress + 40, t2 * m5 + t3 * n5);

  const V h11 = 4.0 * W11, h12 = 4.0 * W12, h13 = 4.0 * W13, h22 = 4.0 * W22, h23 = 4.0 * W23,
          h33 = 4.0 * W33, l2 = 4.0 * W2, l3 = 4.0 * W3;
  const V pp = ROOT2 * l3 * p, qq = ROOT2 * l3 * q, rr = ROOT2 * l3 * r;
#define PUT(k, x) NAME(store)(tangent + 8 * (k), x)
  V U = h11 + h12 * m0 + h13 * A, E = h12 + h22 * m0 + h23 * A, F = h13 + h23 * m0 + h33 * A;
  PUT(0, U + E * m0 + F * A);
  PUT(1, U + E * m1 + F * B + l2 + l3 * c);
  PUT(2, U + E * m2 + F * C + l2 + l3 * b);
  PUT(3, E * m3 + F * n3 - pp);
  PUT(4, E * m4 + F * n4);
  PUT(5, E * m5 + F * n5);
  U = h11 + h12 * m1 + h13 * B, E = h12 + h22 * m1 + h23 * B, F = h13 + h23 * m1 + h33 * B;
  PUT(6, U + E * m1 + F * B);
  PUT(7, U + E * m2 + F * C + l2 + l3 * a);
  PUT(8, E * m3 + F * n3);
  PUT(9, E * m4 + F * n4 - qq);
  PUT(10, E * m5 + F * n5);
  U = h11 + h12 * m2 + h13 * C, E = h12 + h22 * m2 + h23 * C, F = h13 + h23 * m2 + h33 * C;
  PUT(11, U + E * m2 + F * C);
  PUT(12, E * m3 + F * n3);
  PUT(13, E * m4 + F * n4);
  PUT(14, E * m5 + F * n5 - rr);
  E = h22 * m3 + h23 * n3, F = h23 * m3 + h33 * n3;
  PUT(15, E * m3 + F * n3 - l2 - l3 * a);
  PUT(16, E * m4 + F * n4 + l3 * r);
  PUT(17, E * m5 + F * n5 + l3 * q);
  E = h22 * m4 + h23 * n4, F = h23 * m4 + h33 * n4;
  PUT(18, E * m4 + F * n4 - l2 - l3 * b);
  PUT(19, E * m5 + F * n5 + l3 * p);
  E = h22 * m5 + h23 * n5, F = h23 * m5 + h33 * n5;
  PUT(20, E * m5 + F * n5 - l2 - l3 * c);
#undef PUT
}

static void NAME(evaluate)(const dm_potential *law, ptrdiff_t groups, const double *C,
                           double *energy, double *stress, double *tangent) {
  for (ptrdiff_t g = 0; g < groups; g++)
    for (int o = 0; o < 8; o += LANES)
      NAME(part)(law, C + 48 * g + o, energy + 8 * g + o, stress + 48 * g + o,
                 tangent + 168 * g + o);
}

#define CHOOSE_FEATURES(call)                                                                      \
  switch (law->features) {                                                                         \
  case 3: return NAME(call##_3)(law, groups, strain, energy, stress, tangent);                     \
  case 5: return NAME(call##_5)(law, groups, strain, energy, stress, tangent);                     \
  case 7: return NAME(call##_7)(law, groups, strain, energy, stress, tangent);                     \
  default: return NAME(call##_9)(law, groups, strain, energy, stress, tangent);                    \
  }

static void NAME(anisotropic)(const dm_anisotropic *law, ptrdiff_t groups, const double *strain,
                              double *energy, double *stress, double *tangent) {
  CHOOSE_FEATURES(anisotropic)
}

static void NAME(small_strain)(const dm_small_strain *law, ptrdiff_t groups, const double *strain,
                               double *energy, double *stress, double *tangent) {
  CHOOSE_FEATURES(small_strain)
}

#undef CHOOSE_FEATURES

static void NAME(softplus_array)(ptrdiff_t n, const double *z, double *value, double *first,
                                 double *second) {
  for (ptrdiff_t i = 0; i < n; i += LANES) {
    V f, d, c;
    NAME(softplus)(NAME(load)(z + i), &f, &d, &c);
    NAME(store)(value + i, f), NAME(store)(first + i, d), NAME(store)(second + i, c);
  }
}

static void NAME(logarithm_array)(ptrdiff_t n, const double *x, double *value) {
  for (ptrdiff_t i = 0; i < n; i += LANES)
    NAME(store)(value + i, NAME(logarithm)(NAME(load)(x + i)));
}

// Twelve independent chains: enough to cover the latency of two multiply-add units.
static double NAME(multiply_add)(long rounds, double *sink) {
  V a[12];
  for (int k = 0; k < 12; k++) a[k] = (V)(sink[0] + k);
  const V x = (V)(sink[1]), y = (V)(sink[2]);
  for (long i = 0; i < rounds; i++) {
#pragma clang loop unroll(full)
    for (int k = 0; k < 12; k++) a[k] = a[k] * x + y;
  }
  V total = (V)(0.0);
  for (int k = 0; k < 12; k++) total += a[k];
  for (int i = 0; i < LANES; i++) sink[0] += total[i];
  return 24.0 * LANES * (double)rounds;
}

#undef V
#undef M
#undef INLINE
#undef LN2
#undef SQRT
#undef ROOT2
#undef HALF_ROOT2
#undef ROOT3
