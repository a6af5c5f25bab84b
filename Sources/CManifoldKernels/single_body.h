// The stacked map of three features in single precision; included by kernels.c before kernel_body.h with
// LANES floats per register.
#define SINGLE
#include "elementary_body.h"
#define STACK dm_stack_single
#define FEATURES 3
#define OWN(x) NAME(x##_3)
#include "stack_body.h"

// N, gradient and Hessian of LANES points: u [3][LANES] to out [10][LANES].
static void NAME(stack)(const dm_stack_single *stack, const float *u, float *out) {
  V x[3], value, g[3], h[6];
  for (int k = 0; k < 3; k++) x[k] = NAME(load)(u + k * LANES);
  OWN(stacked)(stack, x, &value, g, h);
  NAME(store)(out, value);
  for (int k = 0; k < 3; k++) NAME(store)(out + (1 + k) * LANES, g[k]);
  for (int k = 0; k < 6; k++) NAME(store)(out + (4 + k) * LANES, h[k]);
}

#undef FEATURES
#undef OWN
#undef STACK
#include "elementary_end.h"
#undef SINGLE
