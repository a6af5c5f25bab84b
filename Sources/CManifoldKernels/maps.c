#include "include/maps.h"

#pragma clang fp contract(fast)

#define LANES 2
#define NAME(x) dm_maps_baseline_##x
#include "maps_all.h"

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 4
#define NAME(x) dm_maps_avx2_##x
#include "maps_all.h"
#pragma clang attribute pop

#pragma clang attribute push(                                                                     \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"), min_vector_width(512))),         \
    apply_to = function)
#define LANES 8
#define NAME(x) dm_maps_avx512_##x
#include "maps_all.h"
#pragma clang attribute pop

#define CHOOSE(call)                                                                               \
  switch (level) {                                                                                 \
  case 2: return dm_maps_avx512_##call;                                                            \
  case 1: return dm_maps_avx2_##call;                                                              \
  default: return dm_maps_baseline_##call;                                                         \
  }

#else

#define CHOOSE(call)                                                                               \
  (void)level;                                                                                     \
  return dm_maps_baseline_##call;

#endif

void dm_map_value(const dm_map *map, ptrdiff_t groups, const double *x, double *y, int level) {
  CHOOSE(map_value(map, groups, x, y))
}

void dm_map_jacobian(const dm_map *map, ptrdiff_t groups, const double *x, double *y,
                     double *jacobian, int level) {
  CHOOSE(map_jacobian(map, groups, x, y, jacobian))
}

void dm_stress_map(const dm_map *map, const double *rest, int finite, ptrdiff_t groups,
                   const double *strain, double *energy, double *stress, double *tangent,
                   int level) {
  CHOOSE(stress_map(map, rest, finite, groups, strain, energy, stress, tangent))
}

size_t dm_map_scratch(const dm_map *map, int tangents, int level) {
  CHOOSE(map_scratch(map, tangents))
}

double dm_map_gradient(const dm_map *map, ptrdiff_t count, const long *index, const double *x,
                       const double *target, const double *weight, const double *importance,
                       const double *offset, double *adjoints, double *scratch,
                       double *gradient, int level) {
  CHOOSE(map_gradient(map, count, index, x, target, weight, importance, offset, adjoints, scratch,
                      gradient))
}

void dm_map_forward(const dm_map *map, int groups, const double *x, double *y, double *jacobian,
                    double *scratch, int level) {
  CHOOSE(map_forward(map, groups, x, y, jacobian, scratch))
}

void dm_map_reverse(const dm_map *map, int groups, const double *y, const double *jacobian,
                    double *scratch, double *gradient, int level) {
  CHOOSE(map_reverse(map, groups, y, jacobian, scratch, gradient))
}

size_t dm_stress_scratch(const dm_stress_problem *problem, int level) {
  CHOOSE(stress_scratch(problem))
}

void dm_stress_gradient(const dm_stress_problem *problem, ptrdiff_t count, const long *index,
                        const double *C, const double *S, const double *W, const double *weight,
                        double *scratch, double *gradient, double *totals, int level) {
  CHOOSE(stress_gradient(problem, count, index, C, S, W, weight, scratch, gradient, totals))
}

void dm_activation(int kind, ptrdiff_t n, const double *z, double *value, double *first,
                   int level) {
  CHOOSE(activation_array(kind, n, z, value, first))
}

void dm_adam(ptrdiff_t n, const double *g, double *m, double *v, double *x, double beta1,
             double beta2, double rate, double floor, double decay, int level) {
  CHOOSE(adam(n, g, m, v, x, beta1, beta2, rate, floor, decay))
}

void dm_add_up(ptrdiff_t n, ptrdiff_t count, const double *x, double *sum, int level) {
  CHOOSE(add_up(n, count, x, sum))
}

size_t dm_orthogonalise_scratch(int rows, int columns) {
  const size_t r = (size_t)(rows + 7) / 8 * 8, c = (size_t)(columns + 7) / 8 * 8;
  const size_t p = r < c ? r : c;
  return 3 * r * c + 2 * p * p;
}

void dm_orthogonalise(int rows, int columns, double *x, double *scratch, int level) {
  CHOOSE(orthogonalise(rows, columns, x, scratch))
}

void dm_stress_rest(const dm_stress_problem *problem, const double *direction, double *scratch,
                    double *value, double *slope, int level) {
  CHOOSE(stress_rest(problem, direction, scratch, value, slope))
}

void dm_stress_rest_gradient(const dm_stress_problem *problem, const double *direction, double a,
                             double b, double *scratch, double *gradient, int level) {
  CHOOSE(stress_rest_gradient(problem, direction, a, b, scratch, gradient))
}
