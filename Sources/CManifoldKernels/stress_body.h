// Training of an isotropic learned potential on stresses: loss and gradient over samples (C, S, W).
//
// S = Σ_k G_k B_k with G = ∂W/∂x, x = (√I1, √I2, J) and B_k = 2 ∂x_k/∂C. With the error r of S weighted,
// q_k = r·B_k, the gradient with respect to the weights is that of v·∇N, v_k = s q_k / scale_k: the map's
// derivative along v. One forward sweep (h), one reverse (a = ∂N/∂h, which gives ∇N), one tangent (ḣ
// along v) and one reverse for the value's adjoints; the adjoints of ḣ are the a of the first reverse.
// Six products per weight, 12 flops.

// Where a block's arrays stand, in registers; every array is [neuron][BLOCK_COLUMNS].
typedef struct {
  ptrdiff_t x, u, v, basis, residual, h[4], slope[4], a[4], tangent[4], d[4], size;
} NAME(stress_layout);

static NAME(stress_layout) NAME(stress_layout_of)(const dm_stress_problem *p) {
  NAME(stress_layout) t;
  ptrdiff_t next = 0;
#define TAKE(count) (next += (ptrdiff_t)(count) * BLOCK_COLUMNS) - (ptrdiff_t)(count) * BLOCK_COLUMNS
  t.x = TAKE(3);
  t.u = TAKE(3);
  t.v = TAKE(3);
  t.basis = TAKE(13);
  t.residual = TAKE(2);
  for (int l = 0; l < p->layers; l++) {
    t.h[l] = TAKE(p->width[l]);
    t.slope[l] = TAKE(p->width[l]);
    t.a[l] = TAKE(p->width[l]);
    t.tangent[l] = TAKE(p->width[l]);
    t.d[l] = TAKE(p->width[l]);
  }
#undef TAKE
  t.size = next;
  return t;
}

static size_t NAME(stress_scratch)(const dm_stress_problem *p) {
  const NAME(stress_layout) t = NAME(stress_layout_of)(p);
  return (size_t)t.size * LANES * (DM_MAP_CHUNK * 8 / DM_MAP_BLOCK);
}

#define ROOT2 0x1.6a09e667f3bcdp+0
#define HALF_ROOT2 0x1.6a09e667f3bcdp-1
#define ROOT3 0x1.bb67ae8584caap+0
#define SQRT __builtin_elementwise_sqrt
#define AT(array, row) block[t->array + (row) * BLOCK_COLUMNS + c]

// x, u and the basis tensors of one column: B_1 = 1/x1 (1,1,1,0,0,0), B_2 and B_3 in full.
INLINE void NAME(stress_features)(const dm_stress_problem *p, const NAME(stress_layout) * t,
                                  const double *C, V *block, int c) {
  const V e0 = NAME(load)(C), e1 = NAME(load)(C + 8), e2 = NAME(load)(C + 16);
  const V e3 = HALF_ROOT2 * NAME(load)(C + 24), e4 = HALF_ROOT2 * NAME(load)(C + 32),
          e5 = HALF_ROOT2 * NAME(load)(C + 40);
  const V c0 = e1 * e2 - e3 * e3, c1 = e0 * e2 - e4 * e4, c2 = e0 * e1 - e5 * e5;
  const V c3 = e4 * e5 - e0 * e3, c4 = e3 * e5 - e1 * e4, c5 = e3 * e4 - e2 * e5;
  const V x0 = SQRT(e0 + e1 + e2), x1 = SQRT(c0 + c1 + c2), x2 = SQRT(e0 * c0 + e5 * c5 + e4 * c4);
  const V i0 = 1.0 / x0, i1 = 1.0 / x1, i2 = 1.0 / x2;
  AT(x, 0) = x0, AT(x, 1) = x1, AT(x, 2) = x2;
  AT(u, 0) = (x0 - ROOT3) * p->inverse_scale[0];
  AT(u, 1) = (x1 - ROOT3) * p->inverse_scale[1];
  AT(u, 2) = (x2 - 1.0) * p->inverse_scale[2];
  AT(basis, 0) = i0;
  AT(basis, 1) = i1 * (e1 + e2), AT(basis, 2) = i1 * (e0 + e2), AT(basis, 3) = i1 * (e0 + e1);
  AT(basis, 4) = -ROOT2 * i1 * e3, AT(basis, 5) = -ROOT2 * i1 * e4;
  AT(basis, 6) = -ROOT2 * i1 * e5;
  AT(basis, 7) = i2 * c0, AT(basis, 8) = i2 * c1, AT(basis, 9) = i2 * c2;
  AT(basis, 10) = ROOT2 * i2 * c3, AT(basis, 11) = ROOT2 * i2 * c4;
  AT(basis, 12) = ROOT2 * i2 * c5;
}

static void NAME(stress_forward)(const dm_stress_problem *p, const NAME(stress_layout) * t,
                                 int columns, V *block) {
  const double *w = p->weights;
  for (int l = 0; l < p->layers; l++) {
    const int n = p->width[l], q = l ? p->width[l - 1] : 0;
    const double *hidden = w + 3 * n, *b = hidden + (ptrdiff_t)n * q;
    V *h = block + t->h[l];
    for (int i = 0; i < n; i++)
      for (int c = 0; c < columns; c++) h[i * BLOCK_COLUMNS + c] = (V)(b[i]);
    NAME(product)(w, 3, 1, n, 3, block + t->u, BLOCK_COLUMNS, columns, h, BLOCK_COLUMNS);
    if (l)
      NAME(product)(hidden, q, 1, n, q, block + t->h[l - 1], BLOCK_COLUMNS, columns, h,
                    BLOCK_COLUMNS);
    NAME(activate_all)(DM_SOFTPLUS, (ptrdiff_t)n * BLOCK_COLUMNS, h, block + t->slope[l]);
    w = b + n;
  }
}

// The weights of layer l (its skip part first) and, past the last layer, the outputs v.
static const double *NAME(stress_layer)(const dm_stress_problem *p, int l) {
  const double *w = p->weights;
  for (int k = 0; k < l; k++) w += p->width[k] * (4 + (ptrdiff_t)(k ? p->width[k - 1] : 0));
  return w;
}

// a ← adjoints of the pre-activations of N; the gradient ∂N/∂u into v.
static void NAME(stress_gradient_of_map)(const dm_stress_problem *p, const NAME(stress_layout) * t,
                                         int columns, V *block) {
  const double *out = NAME(stress_layer)(p, p->layers);
  for (int k = 0; k < 3; k++)
    for (int c = 0; c < columns; c++) AT(v, k) = (V)(0.0);
  for (int l = p->layers - 1; l >= 0; l--) {
    const int n = p->width[l];
    V *a = block + t->a[l];
    if (l + 1 < p->layers) {
      const int above = p->width[l + 1];
      for (int i = 0; i < n; i++)
        for (int c = 0; c < columns; c++) a[i * BLOCK_COLUMNS + c] = (V)(0.0);
      NAME(product)(NAME(stress_layer)(p, l + 1) + 3 * above, 1, n, n, above, block + t->a[l + 1],
                    BLOCK_COLUMNS, columns, a, BLOCK_COLUMNS);
      for (int i = 0; i < n; i++)
        for (int c = 0; c < columns; c++) a[i * BLOCK_COLUMNS + c] *= AT(slope[l], i);
    } else {
      for (int i = 0; i < n; i++)
        for (int c = 0; c < columns; c++) a[i * BLOCK_COLUMNS + c] = out[i] * AT(slope[l], i);
    }
    NAME(product)(NAME(stress_layer)(p, l), 1, 3, 3, n, a, BLOCK_COLUMNS, columns, block + t->v,
                  BLOCK_COLUMNS);
  }
}

// From ∂N/∂u in v to the direction v of the loss; adds to loss and sums.
INLINE void NAME(stress_loss)(const dm_stress_problem *p, const NAME(stress_layout) * t,
                              const double *S, const double *W, V share, V *block, int c,
                              V sums[DM_STRESS_SUMS]) {
  const double s = p->scale;
  const V x0 = AT(x, 0), x1 = AT(x, 1), x2 = AT(x, 2), i2 = 1.0 / x2;
  const V G0 = (s * p->inverse_scale[0]) * AT(v, 0) + p->growth * x0;
  const V G1 = (s * p->inverse_scale[1]) * AT(v, 1) + p->cofactor;
  const V G2 = (s * p->inverse_scale[2]) * AT(v, 2) - p->slope + (0.5 * p->bulk) * x2 -
               (0.5 * p->bulk + p->growth) * i2;
  const V b = AT(basis, 0);
  V q0 = (V)(0.0), q1 = q0, q2 = q0, square = q0;
  for (int k = 0; k < 6; k++) {
    const V m = AT(basis, 1 + k), n = AT(basis, 7 + k);
    V stress = G1 * m + G2 * n;
    if (k < 3) stress += G0 * b;
    const V error = stress - NAME(load)(S + 8 * k);
    const V r = (p->stress_weight * share) * error;
    square += r * error;
    if (k < 3) q0 += r * b;
    q1 += r * m, q2 += r * n;
  }
  sums[0] += 0.5 * square;
  V e = (V)(0.0);
  if (W) {
    const double *out = NAME(stress_layer)(p, p->layers);
    const int top = p->layers - 1;
    V value = (V)(-p->output_at_rest);
    for (int i = 0; i < p->width[top]; i++) value += out[i] * AT(h[top], i);
    const V ln = NAME(logarithm)(x2), basic = 0.5 * (x0 * x0 - 3.0) - ln;
    const V volumetric = 0.25 * (x2 * x2 - 1.0) - 0.5 * ln;
    const V energy = s * value + p->growth * basic + p->cofactor * (x1 - ROOT3) -
                     p->slope * (x2 - 1.0) + p->bulk * volumetric;
    const V error = energy - NAME(load)(W);
    e = (p->energy_weight * share) * error;
    sums[0] += 0.5 * e * error;
    sums[1] += e * basic, sums[2] += e * (x1 - ROOT3), sums[3] += e * (1.0 - x2);
    sums[4] += e * volumetric, sums[5] += e;
  }
  AT(residual, 0) = s * e;
  sums[1] += q0 * x0 - q2 * i2, sums[2] += q1, sums[3] -= q2;
  sums[4] += 0.5 * q2 * (x2 - i2);
  AT(v, 0) = (s * p->inverse_scale[0]) * q0;
  AT(v, 1) = (s * p->inverse_scale[1]) * q1;
  AT(v, 2) = (s * p->inverse_scale[2]) * q2;
}

// ḣ along v, then the adjoints d of the pre-activations for the value's part.
static void NAME(stress_second)(const dm_stress_problem *p, const NAME(stress_layout) * t,
                                int columns, V *block) {
  for (int l = 0; l < p->layers; l++) {
    const int n = p->width[l], q = l ? p->width[l - 1] : 0;
    const double *w = NAME(stress_layer)(p, l);
    V *z = block + t->tangent[l];
    for (int i = 0; i < n; i++)
      for (int c = 0; c < columns; c++) z[i * BLOCK_COLUMNS + c] = (V)(0.0);
    NAME(product)(w, 3, 1, n, 3, block + t->v, BLOCK_COLUMNS, columns, z, BLOCK_COLUMNS);
    if (l)
      NAME(product)(w + 3 * n, q, 1, n, q, block + t->tangent[l - 1], BLOCK_COLUMNS, columns, z,
                    BLOCK_COLUMNS);
    // d starts with the curvature a σ'' ż / σ' = a (1 − σ') ż; the adjoint of h comes on top.
    for (int i = 0; i < n; i++)
      for (int c = 0; c < columns; c++) {
        const V zd = z[i * BLOCK_COLUMNS + c], first = AT(slope[l], i);
        AT(d[l], i) = AT(a[l], i) * (1.0 - first) * zd;
        z[i * BLOCK_COLUMNS + c] = first * zd;
      }
  }
  const double *out = NAME(stress_layer)(p, p->layers);
  const int top = p->layers - 1;
  for (int i = 0; i < p->width[top]; i++)
    for (int c = 0; c < columns; c++) AT(d[top], i) += AT(residual, 0) * out[i] * AT(slope[top], i);
  V sum[DM_MAX_WIDTH * BLOCK_COLUMNS];
  for (int l = top - 1; l >= 0; l--) {
    const int n = p->width[l], above = p->width[l + 1];
    for (int i = 0; i < n * BLOCK_COLUMNS; i++) sum[i] = (V)(0.0);
    NAME(product)(NAME(stress_layer)(p, l + 1) + 3 * above, 1, n, n, above, block + t->d[l + 1],
                  BLOCK_COLUMNS, columns, sum, BLOCK_COLUMNS);
    for (int i = 0; i < n; i++)
      for (int c = 0; c < columns; c++)
        AT(d[l], i) += sum[i * BLOCK_COLUMNS + c] * AT(slope[l], i);
  }
}
#undef AT

static void NAME(stress_collect)(const dm_stress_problem *p, const NAME(stress_layout) * t, int blocks,
                                 const int *columns, const V *scratch, double *gradient) {
  for (int l = 0; l < p->layers; l++) {
    const int n = p->width[l], q = l ? p->width[l - 1] : 0;
    const NAME(pair) skip[2] = {{scratch + t->d[l], scratch + t->u},
                                {scratch + t->a[l], scratch + t->v}};
    NAME(outer)(2, skip, t->size, blocks, columns, BLOCK_COLUMNS, n, 3, gradient);
    gradient += 3 * n;
    if (l) {
      const NAME(pair) hidden[2] = {{scratch + t->d[l], scratch + t->h[l - 1]},
                                    {scratch + t->a[l], scratch + t->tangent[l - 1]}};
      NAME(outer)(2, hidden, t->size, blocks, columns, BLOCK_COLUMNS, n, q, gradient);
      gradient += (ptrdiff_t)n * q;
    }
    NAME(sum_rows)(scratch + t->d[l], t->size, blocks, columns, BLOCK_COLUMNS, n, gradient);
    gradient += n;
  }
  const int top = p->layers - 1, n = p->width[top];
  NAME(sum_rows)(scratch + t->tangent[top], t->size, blocks, columns, BLOCK_COLUMNS, n, gradient);
  if (p->energy_weight == 0) return;
  for (int i = 0; i < n; i++) {
    V sum = (V)(0.0);
    for (int b = 0; b < blocks; b++) {
      const V *block = scratch + b * t->size;
      for (int c = 0; c < columns[b]; c++)
        sum += block[t->residual + c] * block[t->h[top] + i * BLOCK_COLUMNS + c];
    }
    for (int k = 0; k < LANES; k++) gradient[i] += sum[k];
  }
}

static void NAME(stress_gradient)(const dm_stress_problem *p, ptrdiff_t count, const long *index,
                                  const double *C, const double *S, const double *W,
                                  const double *weight, double *scratch, double *gradient,
                                  double *totals) {
  const NAME(stress_layout) layout = NAME(stress_layout_of)(p), *t = &layout;
  V sums[DM_STRESS_SUMS];
  for (int k = 0; k < DM_STRESS_SUMS; k++) sums[k] = (V)(0.0);
  if (p->energy_weight == 0) W = 0;
  for (ptrdiff_t start = 0; start < count; start += DM_MAP_CHUNK) {
    const int chunk = count - start < DM_MAP_CHUNK ? (int)(count - start) : DM_MAP_CHUNK;
    int columns[DM_MAP_CHUNK], blocks = 0;
    for (int at = 0; at < chunk; at += DM_MAP_BLOCK / 8, blocks++) {
      const int here = chunk - at < DM_MAP_BLOCK / 8 ? chunk - at : DM_MAP_BLOCK / 8;
      const int all = here * GROUP_COLUMNS;
      columns[blocks] = all;
      V *block = (V *)scratch + blocks * t->size;
      const long *group = index + start + at;
      for (int c = 0; c < all; c++)
        NAME(stress_features)(p, t, C + 48 * group[c / GROUP_COLUMNS] + c % GROUP_COLUMNS * LANES,
                              block, c);
      NAME(stress_forward)(p, t, all, block);
      NAME(stress_gradient_of_map)(p, t, all, block);
      for (int c = 0; c < all; c++) {
        const ptrdiff_t g = group[c / GROUP_COLUMNS], o = c % GROUP_COLUMNS * LANES;
        NAME(stress_loss)(p, t, S + 48 * g + o, W ? W + 8 * g + o : 0,
                          NAME(load)(weight + 8 * g + o), block, c, sums);
      }
      NAME(stress_second)(p, t, all, block);
    }
    NAME(stress_collect)(p, t, blocks, columns, (const V *)scratch, gradient);
  }
  for (int k = 0; k < DM_STRESS_SUMS; k++)
    for (int i = 0; i < LANES; i++) totals[k] += sums[k][i];
}

// The undeformed state (u = 0), one register of equal points: N and its derivative along `direction`.
static void NAME(stress_rest)(const dm_stress_problem *p, const double *direction, double *scratch,
                              double *value, double *slope) {
  const NAME(stress_layout) layout = NAME(stress_layout_of)(p), *t = &layout;
  V *block = (V *)scratch;
  for (int k = 0; k < 3; k++) block[t->u + k * BLOCK_COLUMNS] = (V)(0.0);
  NAME(stress_forward)(p, t, 1, block);
  NAME(stress_gradient_of_map)(p, t, 1, block);
  const double *out = NAME(stress_layer)(p, p->layers);
  const int top = p->layers - 1;
  *value = *slope = 0;
  for (int i = 0; i < p->width[top]; i++)
    *value += out[i] * block[t->h[top] + i * BLOCK_COLUMNS][0];
  for (int k = 0; k < 3; k++) *slope += direction[k] * block[t->v + k * BLOCK_COLUMNS][0];
}

// Adds the gradient of a N(0) + b · (derivative along `direction`).
static void NAME(stress_rest_gradient)(const dm_stress_problem *p, const double *direction, double a,
                                       double b, double *scratch, double *gradient) {
  const NAME(stress_layout) layout = NAME(stress_layout_of)(p), *t = &layout;
  V *block = (V *)scratch;
  double value, slope;
  NAME(stress_rest)(p, direction, scratch, &value, &slope);
  // One lane speaks for all.
  V one = (V)(0.0);
  one[0] = 1;
  for (int k = 0; k < 3; k++) block[t->v + k * BLOCK_COLUMNS] = one * (b * direction[k]);
  block[t->residual] = one * a;
  NAME(stress_second)(p, t, 1, block);
  const int columns = 1;
  NAME(stress_collect)(p, t, 1, &columns, block, gradient);
}

#undef ROOT2
#undef HALF_ROOT2
#undef ROOT3
#undef SQRT
