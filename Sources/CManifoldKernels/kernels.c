#include "include/kernels.h"

// a*b + c may become one instruction where the processor has it, and stays two where it has not:
// a call of the C library's fma would cost more than all the rest.
#pragma clang fp contract(fast)

#define REGISTERS 16
#define MIXED(x) dm_single_baseline_##x
#define POINTS(x) dm_baseline_##x
#define LANES 4
#define NAME(x) dm_single_baseline_##x
#include "single_body.h"
#undef LANES
#undef NAME
#define LANES 2
#define NAME(x) dm_baseline_##x
#include "kernel_body.h"
#undef LANES
#undef NAME
#undef REGISTERS
#undef MIXED
#undef POINTS

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define REGISTERS 16
#define MIXED(x) dm_single_avx2_##x
#define POINTS(x) dm_avx2_##x
#define LANES 8
#define NAME(x) dm_single_avx2_##x
#include "single_body.h"
#undef LANES
#undef NAME
#define LANES 4
#define NAME(x) dm_avx2_##x
#include "kernel_body.h"
#undef LANES
#undef NAME
#undef REGISTERS
#undef MIXED
#undef POINTS
#pragma clang attribute pop

// Some processors are tuned to 256 bits by default; these loops want whole registers.
#pragma clang attribute push(                                                                     \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"), min_vector_width(512))),         \
    apply_to = function)
#define REGISTERS 32
#define MIXED(x) dm_single_avx512_##x
#define POINTS(x) dm_avx2_##x
#define LANES 16
#define NAME(x) dm_single_avx512_##x
#include "single_body.h"
#undef LANES
#undef NAME
#define LANES 8
#define NAME(x) dm_avx512_##x
#include "kernel_body.h"
#undef LANES
#undef NAME
#undef REGISTERS
#undef MIXED
#undef POINTS
#pragma clang attribute pop

int dm_best_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return 2;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0;
}

#define CHOOSE(call)                                                                               \
  switch (level) {                                                                                 \
  case 2: return dm_avx512_##call;                                                                 \
  case 1: return dm_avx2_##call;                                                                   \
  default: return dm_baseline_##call;                                                              \
  }

#else

int dm_best_level(void) { return 0; }
#define CHOOSE(call)                                                                               \
  (void)level;                                                                                     \
  return dm_baseline_##call;

#endif

void dm_potential_evaluate(const dm_potential *law, ptrdiff_t points, const double *C,
                           double *energy, double *stress, double *tangent, int level) {
  CHOOSE(evaluate(law, points, C, energy, stress, tangent))
}

void dm_potential_evaluate_mixed(const dm_potential *law, const dm_stack_single *stack,
                                 ptrdiff_t groups, const double *C, double *energy, double *stress,
                                 double *tangent, int level) {
  CHOOSE(evaluate_mixed(law, stack, groups, C, energy, stress, tangent))
}

void dm_anisotropic_evaluate(const dm_anisotropic *law, ptrdiff_t points, const double *C,
                             double *energy, double *stress, double *tangent, int level) {
  CHOOSE(anisotropic(law, points, C, energy, stress, tangent))
}

void dm_small_strain_evaluate(const dm_small_strain *law, ptrdiff_t points, const double *strain,
                              double *energy, double *stress, double *tangent, int level) {
  CHOOSE(small_strain(law, points, strain, energy, stress, tangent))
}

void dm_softplus(ptrdiff_t n, const double *z, double *value, double *first, double *second,
                 int level) {
  CHOOSE(softplus_array(n, z, value, first, second))
}

void dm_logarithm(ptrdiff_t n, const double *x, double *value, int level) {
  CHOOSE(logarithm_array(n, x, value))
}

double dm_multiply_add(long rounds, double *sink, int level) {
  CHOOSE(multiply_add(rounds, sink))
}
