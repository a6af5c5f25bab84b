// Registers of numbers and their elementary functions; included once per instruction set with
//   LANES     numbers in one register
//   NAME(x)   x with the suffix of this instruction set
//   SINGLE    defined for 32-bit numbers, else they have 64 bits
// Accuracy in 64 bits: exponential and softplus to 4, tanh to 6 units in the last place (KernelTests).

#ifdef SINGLE
typedef float NAME(real);
typedef int NAME(bits);
#define DIGITS 23
#define SHIFT 0x1.8p23f
#define LEAST (-87.0f)
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cf8p-20f
#define ROOT_HALF_BITS 0x3f3504f3
#else
typedef double NAME(real);
typedef long NAME(bits);
#define DIGITS 52
#define SHIFT 0x1.8p52
#define LEAST (-708.0)
#define LN2_HIGH 0x1.62e42fefa3800p-1
#define LN2_LOW 0x1.ef35793c76730p-45
#define ROOT_HALF_BITS 0x3fe6a09e667f3bcdL
#endif
typedef NAME(real) NAME(vec) __attribute__((ext_vector_type(LANES)));
typedef NAME(bits) NAME(mask) __attribute__((ext_vector_type(LANES)));
typedef NAME(real) NAME(vecu)
    __attribute__((ext_vector_type(LANES), aligned(__alignof__(NAME(real)))));
#define REAL NAME(real)
#define V NAME(vec)
#define M NAME(mask)
#define INLINE static inline __attribute__((always_inline))
#define LOG2 ((REAL)0x1.62e42fefa39efp-1)

INLINE V NAME(load)(const REAL *p) { return *(const NAME(vecu) *)p; }
INLINE void NAME(store)(REAL *p, V x) { *(NAME(vecu) *)p = x; }
INLINE V NAME(choose)(M m, V a, V b) { return (V)((m & (M)a) | (~m & (M)b)); }

// eʸ − 1 on |r| ≤ ln 2 / 2 by its Taylor series; remainder below 1e-17 (5e-9 in 32 bits).
INLINE V NAME(small_exponential)(V r) {
  const V r2 = r * r;
#ifdef SINGLE
  const V a = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
  const V b = r * (1.0f / 120.0f) + 1.0f / 24.0f;
  const V f = r * (1.0f / 6.0f) + 0.5f;
  return r + r2 * (f + r2 * (b + r2 * a));
#else
  const V r4 = r2 * r2;
  const V a = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0;
  const V b = (r * (1.0 / 39916800.0) + 1.0 / 3628800.0) + r2 * a;
  const V c = r * (1.0 / 362880.0) + 1.0 / 40320.0;
  const V d = r * (1.0 / 5040.0) + 1.0 / 720.0;
  const V e = r * (1.0 / 120.0) + 1.0 / 24.0;
  const V f = r * (1.0 / 6.0) + 0.5;
  return r + r2 * (f + r2 * ((e + r2 * d) + r4 * (c + r2 * b)));
#endif
}

// y = n ln 2 + r for LEAST ≤ y ≤ 0; returns r, and n as the bits to add to an exponent.
INLINE V NAME(reduce)(V y, M *exponent) {
  V n = y * (REAL)1.4426950408889634 + SHIFT;
  *exponent = (M)n << DIGITS;
  n -= SHIFT;
  return (y - n * LN2_HIGH) - n * LN2_LOW;
}

// eʸ for y ≤ 0; below LEAST what e is there.
INLINE V NAME(exponential)(V y) {
  M exponent;
  const V r = NAME(reduce)(NAME(choose)(y < LEAST, (V)(LEAST), y), &exponent);
  return (V)((M)(NAME(small_exponential)(r) + (REAL)1) + exponent);
}

// ln(1 + f) = 2 atanh s with s = f / (2 + f), |s| ≤ 0.1716.
INLINE V NAME(logarithm_series)(V s) {
  const V w = s * s, w2 = w * w;
#ifdef SINGLE
  const V p = (w * (2.0f / 5.0f) + 2.0f / 3.0f) + w2 * (w * (2.0f / 9.0f) + 2.0f / 7.0f);
#else
  const V w4 = w2 * w2;
  const V a = w * (2.0 / 21.0) + 2.0 / 19.0;
  const V b = w * (2.0 / 17.0) + 2.0 / 15.0;
  const V c = w * (2.0 / 13.0) + 2.0 / 11.0;
  const V d = w * (2.0 / 9.0) + 2.0 / 7.0;
  const V e = w * (2.0 / 5.0) + 2.0 / 3.0;
  const V p = (e + w2 * d) + w4 * ((c + w2 * b) + w4 * a);
#endif
  return s * (REAL)2 + s * (w * p);
}

// ln x for positive normal x: x = 2ᵏ m with m in (√½, √2].
INLINE V NAME(logarithm)(V x) {
  const M bits = (M)x;
  const M k = (bits - ROOT_HALF_BITS) >> DIGITS;
  const V m = (V)(bits - (k << DIGITS));
  const V s = (m - (REAL)1) / (m + (REAL)1);
  return __builtin_convertvector(k, V) * LOG2 + NAME(logarithm_series)(s);
}

// softplus(z) = max(z, 0) + ln(1 + t), t = exp(−|z|); first derivative 1/(1 + t) or t/(1 + t), second
// t/(1 + t)². One division serves the logarithm and both derivatives.
INLINE void NAME(softplus)(V z, V *value, V *first, V *second) {
  const V t = NAME(exponential)(-__builtin_elementwise_abs(z));
  const V m = t + (REAL)1;
  const M half = m > (REAL)1.4142135623730951;
  const V f = NAME(choose)(half, t * (REAL)0.5 - (REAL)0.5, t);
  const V g = f + (REAL)2;
  const V q = (REAL)1 / (m * g);
  const V r = q * g;
  const V ln = NAME(logarithm_series)(f * (q * m)) + NAME(choose)(half, (V)(LOG2), (V)((REAL)0));
  const M positive = z > (REAL)0;
  *value = ln + NAME(choose)(positive, z, (V)((REAL)0));
  const V tr = t * r;
  *first = NAME(choose)(positive, r, tr);
  *second = tr * r;
}

// tanh z = −e / (2 + e) with e = exp(−2|z|) − 1 formed without cancellation, and 1 − tanh² z.
INLINE void NAME(tanh)(V z, V *value, V *first) {
  const V size = __builtin_elementwise_abs(z);
  V y = size * (REAL)(-2);
  // NaN stays: the comparison is false for it.
  y = NAME(choose)(y < (REAL)(-80), (V)((REAL)(-80)), y);
  M exponent;
  const V r = NAME(reduce)(y, &exponent);
  const V p = NAME(small_exponential)(r);
  const V power = (V)((M)(V)((REAL)1) + exponent);
  const V e = power * p + (power - (REAL)1);
  const V t = -e / (e + (REAL)2);
  const M sign = (M)z & ~(M)size;
  *value = (V)((M)t | sign);
  *first = ((REAL)1 - t) * ((REAL)1 + t);
}
