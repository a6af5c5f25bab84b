// A stacked map strain → stress as a law: natural state, packed symmetric tangent, work.

// Abscissae and weights of Gauss' rule of four points on [0, 1].
static const double NAME(abscissa)[4] = {0.06943184420297371, 0.33000947820757187,
                                         0.6699905217924281, 0.9305681557970262};
static const double NAME(gauss)[4] = {0.17392742256872692, 0.3260725774312731, 0.3260725774312731,
                                      0.17392742256872692};

static void NAME(stress_map)(const dm_map *map, const double *rest, int finite, ptrdiff_t groups,
                             const double *strain, double *energy, double *stress,
                             double *tangent) {
  double x[48], y[48], J[36 * 8], path[4 * 48], along[4 * 48];
  for (ptrdiff_t g = 0; g < groups; g++) {
    const double *C = strain + 48 * g;
    for (int o = 0; o < 8; o += LANES) {
      V good = (V)(1.0), e[6];
      for (int i = 0; i < 6; i++) e[i] = NAME(load)(C + 8 * i + o);
      if (finite) {
        // √2 times the entries off the diagonal: det C = abc + √2·pqr/2 − (ap² + bq² + cr²)/2.
        const V d = e[0] * e[1] * e[2] + 0x1.6a09e667f3bcdp-1 * (e[3] * e[4] * e[5]) -
                    0.5 * (e[0] * e[3] * e[3] + e[1] * e[4] * e[4] + e[2] * e[5] * e[5]);
        good = NAME(choose)(d > 0.0, good, (V)(__builtin_nan("")));
        for (int i = 0; i < 6; i++) e[i] = 0.5 * (i < 3 ? e[i] - 1.0 : e[i]);
      }
      for (int i = 0; i < 6; i++) {
        NAME(store)(x + 8 * i + o, e[i] * good);
        for (int k = 0; k < 4; k++)
          NAME(store)(path + 48 * k + 8 * i + o, e[i] * good * NAME(abscissa)[k]);
      }
    }
    NAME(map_jacobian)(map, 1, x, y, J);
    NAME(map_value)(map, 4, path, along);
    for (int o = 0; o < 8; o += LANES) {
      V work = (V)(0.0);
      int t = 0;
      for (int i = 0; i < 6; i++) {
        NAME(store)(stress + 48 * g + 8 * i + o, NAME(load)(y + 8 * i + o) - rest[i]);
        V mean = (V)(-rest[i]);
        for (int k = 0; k < 4; k++)
          mean += NAME(gauss)[k] * NAME(load)(along + 48 * k + 8 * i + o);
        work += mean * NAME(load)(x + 8 * i + o);
        for (int j = i; j < 6; j++, t++)
          NAME(store)(tangent + 168 * g + 8 * t + o,
                      0.5 * (NAME(load)(J + 8 * (6 * i + j) + o) +
                             NAME(load)(J + 8 * (6 * j + i) + o)));
      }
      NAME(store)(energy + 8 * g + o, work);
    }
  }
}
