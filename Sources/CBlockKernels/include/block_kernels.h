// Products and inverses of blocks of 6 or 12 unknowns ("wide") whose columns stand in registers of eight.
//
// In C, because a compiler keeps these vectors in registers where Swift's own are taken apart lane by lane; inline, so
// that a call costs nothing. In registers a column of 6 unknowns is one with lanes 6 and 7 zero, a column of 12 is two
// with lanes 4 to 7 of the second zero. The matrix of a system, which is read over and over, is packed: columns follow
// one another without a gap, a buffer has eight numbers more than its blocks. Pointers are aligned to 16 bytes, as
// Swift aligns them.
#ifndef DM_BLOCK_KERNELS_H
#define DM_BLOCK_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

typedef double dm_d8 __attribute__((vector_size(64), aligned(16), may_alias));
typedef float dm_f8 __attribute__((vector_size(32), aligned(16), may_alias));
// The same anywhere in memory.
typedef double dm_d8_loose __attribute__((vector_size(64), aligned(8), may_alias));
typedef float dm_f8_loose __attribute__((vector_size(32), aligned(4), may_alias));

typedef struct dm_sums {
  double rr, rz;
} dm_sums;

#define DM_TO(x) __builtin_convertvector(x, LANES)
#define DM_INLINE static inline __attribute__((always_inline, unused))

#define SCALAR double
#define LANES dm_d8
#define COLUMN(p) (*(const dm_d8_loose *)(p))
#define NAME(x) dm_##x##_d
#include "block_kernels_body.h"
#undef SCALAR
#undef LANES
#undef COLUMN
#undef NAME

#define SCALAR float
#define LANES dm_f8
#define COLUMN(p) (*(const dm_f8_loose *)(p))
#define NAME(x) dm_##x##_f
#include "block_kernels_body.h"
#undef SCALAR
#undef LANES
#undef COLUMN
#undef NAME

// out = B v of a block in registers.
DM_INLINE void dm_apply(const void *block, const void *v, void *out, bool isWide) {
  const dm_d8 *B = block, *x = v;
  dm_d8 *y = out;
  if (isWide) {
    dm_d8 a = {0}, b = {0};
    for (int c = 0; c < 12; c++) {
      const double s = x[c / 8][c % 8];
      a += B[2 * c] * s;
      b += B[2 * c + 1] * s;
    }
    y[0] = a, y[1] = b;
  } else {
    const dm_d8 s = x[0];
    y[0] = (B[0] * s[0] + B[2] * s[2] + B[4] * s[4]) + (B[1] * s[1] + B[3] * s[3] + B[5] * s[5]);
  }
}

// B += p n uᵀ + q t vᵀ of a block in registers.
DM_INLINE void dm_outer(
    void *block, const void *n, const void *u, double p, const void *t, const void *v, double q,
    bool isWide) {
  dm_d8 *B = block;
  const dm_d8 *N = n, *U = u, *T = t, *V = v;
  if (isWide) {
    const dm_d8 n0 = N[0], n1 = N[1], t0 = T[0], t1 = T[1];
    for (int c = 0; c < 12; c++) {
      const double x = p * U[c / 8][c % 8], y = q * V[c / 8][c % 8];
      B[2 * c] += x * n0 + y * t0;
      B[2 * c + 1] += x * n1 + y * t1;
    }
  } else {
    const dm_d8 x = p * N[0], y = q * T[0], s = U[0], r = V[0];
    for (int c = 0; c < 6; c++) B[c] += x * s[c] + y * r[c];
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
#define DM_REDUCE(k, p, x)      \
  {                             \
    const double factor = x[k]; \
    x -= factor * p;            \
    x[k] = factor * scale;      \
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
