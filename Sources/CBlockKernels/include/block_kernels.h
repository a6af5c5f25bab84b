// Products and inverses of blocks of 6 or 12 unknowns whose columns stand in registers of eight.
//
// In C, because a compiler keeps these vectors in registers where Swift's own are taken apart lane by lane; inline, so
// that a call costs nothing. A block of 6 unknowns is 6 registers (lanes 6 and 7 are zero), one of 12 is 24 of them,
// two for every column. Pointers are aligned to 16 bytes, as Swift aligns them.
#ifndef DM_BLOCK_KERNELS_H
#define DM_BLOCK_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

typedef double dm_d8 __attribute__((vector_size(64), aligned(16), may_alias));
typedef float dm_f8 __attribute__((vector_size(32), aligned(16), may_alias));

typedef struct dm_sums {
  double rr, rz;
} dm_sums;

#define DM_TO(x) __builtin_convertvector(x, LANES)
#define DM_INLINE static inline __attribute__((always_inline, unused))

#define SCALAR double
#define LANES dm_d8
#define NAME(x) dm_##x##_d
#include "block_kernels_body.h"
#undef SCALAR
#undef LANES
#undef NAME

#define SCALAR float
#define LANES dm_f8
#define NAME(x) dm_##x##_f
#include "block_kernels_body.h"
#undef SCALAR
#undef LANES
#undef NAME

// `count` registers in single precision.
DM_INLINE void dm_round(const void *from, void *to, intptr_t count) {
  for (intptr_t i = 0; i < count; i++) {
    ((dm_f8 *)to)[i] = __builtin_convertvector(((const dm_d8 *)from)[i], dm_f8);
  }
}

// One step of Gauss–Jordan on a block of 6 unknowns.
#define DM_JORDAN(k, p, a, b, c, d, e)                                                             \
  {                                                                                                \
    const double pivot = p[k];                                                                     \
    if (!(pivot > 0) || !(pivot < __builtin_inf())) return false;                                  \
    const double scale = 1 / pivot;                                                                \
    p *= scale;                                                                                    \
    DM_REDUCE(k, p, a) DM_REDUCE(k, p, b) DM_REDUCE(k, p, c) DM_REDUCE(k, p, d) DM_REDUCE(k, p, e) \
    p = -p;                                                                                        \
    p[k] = scale;                                                                                  \
  }
#define DM_REDUCE(k, p, x)    \
  {                           \
    const double factor = x[k]; \
    x -= factor * p;          \
    x[k] = factor * scale;    \
  }

// The inverse in place by elimination without pivoting; whether the block is positive definite.
DM_INLINE bool dm_invert6(void *block) {
  dm_d8 *B = block;
  dm_d8 a = B[0], b = B[1], c = B[2], d = B[3], e = B[4], f = B[5];
  DM_JORDAN(0, a, b, c, d, e, f)
  DM_JORDAN(1, b, a, c, d, e, f)
  DM_JORDAN(2, c, a, b, d, e, f)
  DM_JORDAN(3, d, a, b, c, e, f)
  DM_JORDAN(4, e, a, b, c, d, f)
  DM_JORDAN(5, f, a, b, c, d, e)
  B[0] = a, B[1] = b, B[2] = c, B[3] = d, B[4] = e, B[5] = f;
  return true;
}

#endif
