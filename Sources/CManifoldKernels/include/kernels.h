// The hot kernels of learned laws: eight material points side by side, compiled three times
// (AVX-512, AVX2 with FMA, baseline x86-64 or any other processor) and chosen at run time, so that
// their speed does not hang on the flags of the package that builds them.
#ifndef DM_MANIFOLD_KERNELS_H
#define DM_MANIFOLD_KERNELS_H

#include <stddef.h>

// Limits of the architecture; scratch memory is on the stack.
#define DM_MAX_LAYERS 3
#define DM_MAX_WIDTH 128
// Rows of weights are packed in tiles of this many; widths are padded to a multiple of it.
#define DM_TILE 4

// At most so many features of a stacked map, and structural tensors of a law.
#define DM_MAX_FEATURES 9
#define DM_MAX_DIRECTIONS 3

// A stacked map N of n features. Packed weights, layer after layer, with p = padded width and
// q = padded width of the layer below:
//   b [p], W [p][n] in tiles [p/4][n][4], V in tiles [p/4][q][4], transposed V in tiles [q/4][p][4];
//   after the last layer v [p]. Padding is zero.
typedef struct dm_stack {
  int layers;
  int width[DM_MAX_LAYERS];
  const double *weights;
} dm_stack;

// The same in single precision.
typedef struct dm_stack_single {
  int layers;
  int width[DM_MAX_LAYERS];
  const float *weights;
} dm_stack_single;

// An isotropic potential with stacked softplus layers, ready to evaluate:
//
//   W = scale (v·h_L(u) − outputAtRest) + growth/2 (I1 − 3 − ln I3) + Σ linear_k (x_k − centre_k)
//       + bulk/4 (I3 − 1 − ln I3)
//   h_1 = softplus(W_1 u + b_1),  h_l = softplus(V_l h_(l−1) + W_l u + b_l)
//   u_k = (x_k − centre_k) · inverseScale_k,  x = (√I1, √I2, √I3)
typedef struct dm_potential {
  dm_stack stack;
  double scale, output_at_rest;
  double centre[3], inverse_scale[3], linear[3];
  double growth, bulk;
} dm_potential;

// The same with d structural tensors H_i, 3 + 2 d features x = (√I1, √I2, J, x_1, y_1, x_2, y_2, …),
// x_i = √(C : H_i), y_i = √(cof C : H_i):
//
//   W = scale (N(u) − outputAtRest) + growth/2 (I1 − 3 − ln I3) + Σ linear_k (x_k − centre_k)
//       + bulk/4 (I3 − 1 − ln I3)
typedef struct dm_anisotropic {
  dm_stack stack;
  int features;                              // 3 + 2 d
  double structure[DM_MAX_DIRECTIONS][6];    // entries xx, yy, zz, yz, zx, xy (not Mandel)
  double scale, output_at_rest;
  double centre[DM_MAX_FEATURES], inverse_scale[DM_MAX_FEATURES], linear[DM_MAX_FEATURES];
  double growth, bulk;
} dm_anisotropic;

// Small strain: features affine in ε or smooth norms of it,
//
//   x_k = A_k · ε  where smoothing_k = 0,   x_k = √(ε · Q_k ε + δ_k²) − δ_k  where δ_k = smoothing_k > 0,
//   W = scale (N(u) − outputAtRest) + offset · ε + ½ ε · stiffness ε,   u_k = x_k · inverseScale_k
typedef struct dm_small_strain {
  dm_stack stack;
  int features;                              // 3, 5, 7 or 9
  double scale, output_at_rest;
  double inverse_scale[DM_MAX_FEATURES], smoothing[DM_MAX_FEATURES];
  double form[DM_MAX_FEATURES][36];          // Q_k row by row, or A_k in the first six
  double offset[6], stiffness[36];
} dm_small_strain;

// Levels of code: 0 baseline, 1 AVX2 + FMA, 2 AVX-512.
int dm_best_level(void);

// Energy [1], second Piola–Kirchhoff stress [6] and tangent 2 ∂S/∂C [21, packed upper triangle] of
// every group of eight points from the right Cauchy–Green tensor [6]; all in Mandel order, eight
// doubles each. NaN where det C <= 0. What stands beyond `points` in the last group is arbitrary. A last
// group of few points has the map evaluated at them alone, with the same bits.
void dm_potential_evaluate(const dm_potential *law, ptrdiff_t points, const double *C,
                           double *energy, double *stress, double *tangent, int level);

// The same with the map in single precision (law->stack is not read); invariants and the chain rule stay
// in double.
void dm_potential_evaluate_mixed(const dm_potential *law, const dm_stack_single *stack,
                                 ptrdiff_t groups, const double *C, double *energy, double *stress,
                                 double *tangent, int level);


// The same for a law with structural tensors.
void dm_anisotropic_evaluate(const dm_anisotropic *law, ptrdiff_t points, const double *C,
                             double *energy, double *stress, double *tangent, int level);

// Energy, Cauchy stress and ∂σ/∂ε from the small strain ε, in the same layout.
void dm_small_strain_evaluate(const dm_small_strain *law, ptrdiff_t points, const double *strain,
                              double *energy, double *stress, double *tangent, int level);

// softplus, its first and its second derivative at n points (n a multiple of eight).
void dm_softplus(ptrdiff_t n, const double *z, double *value, double *first, double *second,
                 int level);

// Natural logarithm at n points (n a multiple of eight); for arguments positive and normal.
void dm_logarithm(ptrdiff_t n, const double *x, double *value, int level);

// Runs rounds of independent multiply-adds in registers; returns their number of floating-point
// operations. `sink` keeps the compiler from dropping the work.
double dm_multiply_add(long rounds, double *sink, int level);

#endif
