// Takes back what elementary_body.h defined.
#undef V
#undef M
#undef REAL
#undef INLINE
#undef DIGITS
#undef SHIFT
#undef LEAST
#undef LN2_HIGH
#undef LN2_LOW
#undef LOG2
#undef ROOT_HALF_BITS
