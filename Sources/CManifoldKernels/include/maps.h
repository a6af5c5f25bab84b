// Kernels of stacked maps n → m: value, Jacobian, and the gradients of training; compiled and chosen as
// in kernels.h. Arrays are in groups of eight points: component i of group g of an n-vector stands at
// x + 8 (n g + i), entry (a, i) of a Jacobian at J + 8 (n (m g + a) + i).
#ifndef DM_MAPS_H
#define DM_MAPS_H

#include <stddef.h>

#include "kernels.h"

// Limits; scratch of evaluation is on the stack.
#define DM_MAP_MAX_LAYERS 6
#define DM_MAP_MAX_WIDTH 256
// Points whose values go through the layers together; groups of points per chunk of training.
#define DM_MAP_BLOCK 32
#define DM_MAP_CHUNK 16

enum { DM_TANH = 0, DM_SOFTPLUS = 1 };

// h_0 = x, h_l = σ(W_l h_(l−1) + b_l), y = W_L h_(L−1) + b_L.
// weights: layer after layer W row by row, then b. width[0] = n, width[layers] = m.
typedef struct dm_map {
  int layers, activation;
  int width[DM_MAP_MAX_LAYERS + 1];
  const double *weights;
} dm_map;

// y of every group.
void dm_map_value(const dm_map *map, ptrdiff_t groups, const double *x, double *y, int level);

// y and ∂y/∂x of every group.
void dm_map_jacobian(const dm_map *map, ptrdiff_t groups, const double *x, double *y,
                     double *jacobian, int level);

// A map 6 → 6 as a law in Mandel order: from strain (finite = 0) or from C with strain E = (C − 1)/2
// (finite = 1; NaN where det C <= 0). Stress [6] = y(strain) − rest, tangent [21] the symmetric part of
// ∂y/∂x packed, energy [1] the work of the stress along the straight path from rest.
void dm_stress_map(const dm_map *map, const double *rest, int finite, ptrdiff_t groups,
                   const double *strain, double *energy, double *stress, double *tangent,
                   int level);

// Doubles of scratch for a chunk of training, aligned to 64 bytes; with or without tangents.
size_t dm_map_scratch(const dm_map *map, int tangents, int level);

// Adds the gradient of ½ Σ weight Σ_a importance_a (y_a − offset_a − target_a)² over the groups
// index[0..<count] with respect to all weights, and returns that sum. Without an offset (NULL) it is zero;
// with one, adjoints [m] += the derivative with respect to −offset.
double dm_map_gradient(const dm_map *map, ptrdiff_t count, const long *index, const double *x,
                       const double *target, const double *weight, const double *importance,
                       const double *offset, double *adjoints, double *scratch,
                       double *gradient, int level);

// y and ∂y/∂x of up to DM_MAP_CHUNK groups, keeping in `scratch` what dm_map_reverse needs.
void dm_map_forward(const dm_map *map, int groups, const double *x, double *y, double *jacobian,
                    double *scratch, int level);

// Adds the gradient of Σ y·ȳ + J·J̄ of the last dm_map_forward, given the adjoints ȳ and J̄.
void dm_map_reverse(const dm_map *map, int groups, const double *y, const double *jacobian,
                    double *scratch, double *gradient, int level);

// A learned potential of (√I1, √I2, J), as dm_potential but with its weights flat and unpadded (layer after
// layer W [p][3], V [p][q], b [p]; then v), and the weights of its errors.
#define DM_STRESS_SUMS 6
typedef struct dm_stress_problem {
  int layers;
  int width[DM_MAX_LAYERS];
  const double *weights;
  double scale, output_at_rest;
  double inverse_scale[3];
  double growth, cofactor, slope, bulk;
  double stress_weight, energy_weight;
} dm_stress_problem;

// Doubles of scratch, aligned to 64 bytes.
size_t dm_stress_scratch(const dm_stress_problem *problem, int level);

// Adds, over the groups index[0..<count] of samples (C, S and, where energy_weight > 0, W), the gradient
// of L = ½ Σ weight (stress_weight ‖S(C) − S‖² + energy_weight (W(C) − W)²) with respect to all weights
// at fixed slope and output at rest. totals += L, ∂L/∂growth, ∂L/∂cofactor, ∂L/∂slope, ∂L/∂bulk and
// −∂L/∂(scale · output at rest).
void dm_stress_gradient(const dm_stress_problem *problem, ptrdiff_t count, const long *index,
                        const double *C, const double *S, const double *W, const double *weight,
                        double *scratch, double *gradient, double *totals, int level);

// The undeformed state: N(0) and the derivative of N along `direction` there; and, added to `gradient`, the
// gradient of a N(0) + b (that derivative).
void dm_stress_rest(const dm_stress_problem *problem, const double *direction, double *scratch,
                    double *value, double *slope, int level);
void dm_stress_rest_gradient(const dm_stress_problem *problem, const double *direction, double a,
                             double b, double *scratch, double *gradient, int level);

// One step of Adam; see update_body.h.
void dm_adam(ptrdiff_t n, const double *g, double *m, double *v, double *x, double beta1,
             double beta2, double rate, double floor, double decay, int level);

// sum = the total of `count` vectors of n numbers, added first to last.
void dm_add_up(ptrdiff_t n, ptrdiff_t count, const double *x, double *sum, int level);

// Five Newton–Schulz steps of Muon on a rows × columns matrix; scratch of
// dm_orthogonalise_scratch doubles, aligned to 64 bytes.
size_t dm_orthogonalise_scratch(int rows, int columns);
void dm_orthogonalise(int rows, int columns, double *x, double *scratch, int level);

// The activation and its derivative at n points (n a multiple of eight).
void dm_activation(int kind, ptrdiff_t n, const double *z, double *value, double *first, int level);

#endif
