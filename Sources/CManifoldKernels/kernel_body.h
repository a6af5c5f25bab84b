// One body for three instruction sets; included by kernels.c with
//   LANES     doubles in one register (8, 4 or 2)
//   REGISTERS of the processor (32 or 16)
//   NAME(x)   x with the suffix of this instruction set
//   MIXED(x)  x of single_body.h for the same instruction set
//   POINTS(x) x of the same, or of a narrower set where a register holds more than DM_TILE numbers
// Eight points are LANES at a time: a group's component i stands at p + 8 i, and the body runs over
// the 8 / LANES parts of it. No lane ever looks at another.
//
// A softplus takes both derivatives from one exponential, one polynomial logarithm and one division.

#include "elementary_body.h"

#define SQRT __builtin_elementwise_sqrt
#define ROOT2 0x1.6a09e667f3bcdp+0
#define HALF_ROOT2 0x1.6a09e667f3bcdp-1
#define ROOT3 0x1.bb67ae8584caap+0

#define STACK dm_stack
#define FEATURES 3
#define OWN(x) NAME(x##_3)
#define POINT POINTS(point_3)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN
#undef POINT

#define FEATURES 5
#define OWN(x) NAME(x##_5)
#define POINT POINTS(point_5)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN
#undef POINT

#define FEATURES 7
#define OWN(x) NAME(x##_7)
#define POINT POINTS(point_7)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN
#undef POINT

#define FEATURES 9
#define OWN(x) NAME(x##_9)
#define POINT POINTS(point_9)
#include "stack_body.h"
#include "features_body.h"
#undef FEATURES
#undef OWN
#undef POINT

typedef float NAME(half) __attribute__((ext_vector_type(LANES), aligned(4)));

// Entries of C and of its cofactor tensor, roots of the invariants.
typedef struct {
  V a, b, c, p, q, r, A, B, C, P, Q, R, I1, I3, x1, x2, J;
} NAME(chain);

INLINE NAME(chain) NAME(begin)(const dm_potential *law, const double *strain, V u[3]) {
  NAME(chain) t;
  t.a = NAME(load)(strain), t.b = NAME(load)(strain + 8), t.c = NAME(load)(strain + 16);
  t.p = HALF_ROOT2 * NAME(load)(strain + 24), t.q = HALF_ROOT2 * NAME(load)(strain + 32),
  t.r = HALF_ROOT2 * NAME(load)(strain + 40);
  t.A = t.b * t.c - t.p * t.p, t.B = t.a * t.c - t.q * t.q, t.C = t.a * t.b - t.r * t.r;
  t.P = t.q * t.r - t.a * t.p, t.Q = t.p * t.r - t.b * t.q, t.R = t.p * t.q - t.c * t.r;
  t.I1 = t.a + t.b + t.c;
  const V I3 = t.a * t.A + t.r * t.R + t.q * t.Q;
  t.I3 = NAME(choose)(I3 > 0.0, I3, (V)(__builtin_nan("")));
  t.x1 = SQRT(t.I1), t.x2 = SQRT(t.A + t.B + t.C), t.J = SQRT(t.I3);
  u[0] = (t.x1 - law->centre[0]) * law->inverse_scale[0];
  u[1] = (t.x2 - law->centre[1]) * law->inverse_scale[1];
  u[2] = (t.J - law->centre[2]) * law->inverse_scale[2];
  return t;
}

// The chain rule from N, its gradient and its Hessian (the twin of Swift's InvariantChain).
INLINE void NAME(finish)(const dm_potential *law, const NAME(chain) * t, V value, const V g[3],
                         const V h[6], double *energy, double *stress, double *tangent) {
  const V a = t->a, b = t->b, c = t->c, p = t->p, q = t->q, r = t->r;
  const V A = t->A, B = t->B, C = t->C, P = t->P, Q = t->Q, R = t->R;
  const V I1 = t->I1, I3 = t->I3, x1 = t->x1, x2 = t->x2, J = t->J;
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

// One part of a group, whose first n points are asked for: invariants, potential, chain rule.
INLINE void NAME(part)(const dm_potential *law, ptrdiff_t n, const double *strain, double *energy,
                       double *stress, double *tangent) {
  V u[3], value, g[3], h[6];
  const NAME(chain) chain = NAME(begin)(law, strain, u);
  NAME(map_3)(&law->stack, n, u, &value, g, h);
  NAME(finish)(law, &chain, value, g, h, energy, stress, tangent);
}

// The map in single precision, twice as many points at a time; invariants and chain rule in double.
static void NAME(evaluate_mixed)(const dm_potential *law, const dm_stack_single *stack,
                                 ptrdiff_t groups, const double *C, double *energy, double *stress,
                                 double *tangent) {
  for (ptrdiff_t start = 0; start < 8 * groups; start += 2 * LANES) {
    NAME(chain) chain[2];
    ptrdiff_t group[2], lane[2];
    float u[3][2 * LANES], out[10][2 * LANES];
    for (int k = 0; k < 2; k++) {
      // A last half register is computed twice.
      const ptrdiff_t point = start + k * LANES < 8 * groups ? start + k * LANES : start;
      group[k] = point / 8, lane[k] = point % 8;
      V x[3];
      chain[k] = NAME(begin)(law, C + 48 * group[k] + lane[k], x);
      for (int i = 0; i < 3; i++)
        *(NAME(half) *)(u[i] + k * LANES) = __builtin_convertvector(x[i], NAME(half));
    }
    MIXED(stack)(stack, &u[0][0], &out[0][0]);
    for (int k = 0; k < 2; k++) {
      V y[10];
      for (int i = 0; i < 10; i++)
        y[i] = __builtin_convertvector(*(const NAME(half) *)(out[i] + k * LANES), V);
      NAME(finish)(law, &chain[k], y[0], y + 1, y + 4, energy + 8 * group[k] + lane[k],
                   stress + 48 * group[k] + lane[k], tangent + 168 * group[k] + lane[k]);
    }
  }
}

static void NAME(evaluate)(const dm_potential *law, ptrdiff_t points, const double *C,
                           double *energy, double *stress, double *tangent) {
  for (ptrdiff_t p = 0; p < points; p += LANES) {
    const ptrdiff_t g = p / 8, o = p % 8;
    NAME(part)(law, points - p, C + 48 * g + o, energy + 8 * g + o, stress + 48 * g + o,
               tangent + 168 * g + o);
  }
}

#define CHOOSE_FEATURES(call)                                                                      \
  switch (law->features) {                                                                         \
  case 3: return NAME(call##_3)(law, points, strain, energy, stress, tangent);                     \
  case 5: return NAME(call##_5)(law, points, strain, energy, stress, tangent);                     \
  case 7: return NAME(call##_7)(law, points, strain, energy, stress, tangent);                     \
  default: return NAME(call##_9)(law, points, strain, energy, stress, tangent);                    \
  }

static void NAME(anisotropic)(const dm_anisotropic *law, ptrdiff_t points, const double *strain,
                              double *energy, double *stress, double *tangent) {
  CHOOSE_FEATURES(anisotropic)
}

static void NAME(small_strain)(const dm_small_strain *law, ptrdiff_t points, const double *strain,
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

#undef STACK
#undef SQRT
#undef ROOT2
#undef HALF_ROOT2
#undef ROOT3
#include "elementary_end.h"
