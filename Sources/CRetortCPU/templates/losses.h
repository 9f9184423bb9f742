// Losses of rows of logits and their gradients, computed in double in either element type.

// Σ e^(x - peak) of one row of scaled logits, and its peak.
typedef struct {
  double peak, sum;
} row_mass;

INLINE row_mass mass_of(const real *x, int64_t columns, double scale) {
#pragma clang fp reassociate(on)
  row_mass mass = {(double)largest_of(x, columns) * scale, 0};
  for (int64_t i = 0; i < columns; i++) mass.sum += exp_double((double)x[i] * scale - mass.peak);
  return mass;
}

INLINE double upstream_of(const void *upstream, int64_t row, int64_t stride) {
  return (double)((const real *)upstream)[row * stride];
}

// A row whose label is no column has loss and gradient 0.
static void cross_entropy(const retort_cross_entropy_rows *p, int64_t start, int64_t end) {
  const double each = p->smoothing / (double)p->columns;
  for (int64_t row = start; row < end; row++) {
    const real *z = (const real *)p->logits + row * p->columns;
    const int32_t label = p->labels[row];
    const int valid = label >= 0 && label < p->columns;
    const row_mass mass = valid ? mass_of(z, p->columns, 1) : (row_mass){0, 1};
    if (p->loss) {
      const double total = log(mass.sum);
      double loss = valid ? (1 - p->smoothing) * (total - ((double)z[label] - mass.peak)) : 0;
      if (valid && p->smoothing != 0) {
        for (int64_t i = 0; i < p->columns; i++) {
          loss += each * (total - ((double)z[i] - mass.peak));
        }
      }
      ((real *)p->loss)[row] = (real)loss;
    }
    if (!p->gradient) continue;
    real *to = (real *)p->gradient + row * p->columns;
    if (!valid) {
      memset(to, 0, (size_t)p->columns * sizeof(real));
      continue;
    }
    const double weight = upstream_of(p->upstream, row, p->upstream_stride);
    for (int64_t i = 0; i < p->columns; i++) {
      const double target = each + (i == label ? 1 - p->smoothing : 0);
      to[i] = (real)(weight * (exp_double((double)z[i] - mass.peak) / mass.sum - target));
    }
  }
}

// (eˣ − 1 − x) / x² by its series, within 1e-15 for |x| ≤ 1.
INLINE double exp_tail(double x) {
  double sum = 1;
  for (int n = 17; n > 2; n--) sum = sum * x * (1.0 / n) + 1;
  return sum / 2;
}

// p − q: q (eᵈ − 1) where they are near each other, d = log p − log q.
INLINE double apart(double p, double q, double d) {
  return d <= 1 && d >= -1 ? q * (d + d * d * exp_tail(d)) : p - q;
}

// p d − p + q ≥ 0: p (d − 1 + e⁻ᵈ), or what it is with q taken out.
INLINE double excess(double p, double q, double d) {
  if (p == 0) return q;
  if (d <= 1 && d >= -1) return p * (d * d * exp_tail(-d));
  return d > 0 ? p * ((d - 1) + exp(-d)) : q * ((d - 1) * exp(d) + 1);
}

// log(p/m) and log(q/m) of two probabilities, m = b p + (1 − b) q.
typedef struct {
  double p, q;
} middle_logs;

// m = w · max(p, q).
INLINE middle_logs against_middle(double d, double b) {
  const double minor = d < 0 ? b : 1 - b, log_w = log1p(minor * expm1(-fabs(d)));
  return (middle_logs){(d < 0 ? d : 0) - log_w, -((d > 0 ? d : 0) + log_w)};
}

// One term of a divergence, with q − p added where that makes it ≥ 0 and changes no sum of terms: an
// error e common to all d then moves the sum by e² alone.
INLINE double divergence_term(const retort_divergence_rows *g, double p, double q, double d) {
  switch (g->kind) {
    case retort_forward_kl: return excess(p, q, d);  // Σ p (log p − log q)
    case retort_reverse_kl: return excess(q, p, -d);
    case retort_jensen_shannon: {
      const double b = g->beta, m = b * p + (1 - b) * q;
      const middle_logs logs = against_middle(d, b);
      return b * excess(p, m, logs.p) + (1 - b) * excess(q, m, logs.q);
    }
    case retort_probability_l2: return apart(p, q, d) * apart(p, q, d);
    case retort_direction:
    case retort_cosine: return 0;  // not of probabilities: see direction()
  }
}

// The slopes of a term by p and by q, up to a constant; 0 where the probability is.
INLINE double slope_by_p(const retort_divergence_rows *g, double p, double q, double d) {
  switch (g->kind) {
    case retort_forward_kl: return p != 0 ? d : 0;
    case retort_reverse_kl: return 0;
    case retort_jensen_shannon: return p != 0 ? g->beta * against_middle(d, g->beta).p : 0;
    case retort_probability_l2: return 2 * apart(p, q, d);
    case retort_direction:
    case retort_cosine: return 0;
  }
}

INLINE double slope_by_q(const retort_divergence_rows *g, double p, double q, double d) {
  switch (g->kind) {
    case retort_forward_kl: return 0;
    case retort_reverse_kl: return q != 0 ? -d : 0;
    case retort_jensen_shannon: return q != 0 ? (1 - g->beta) * against_middle(d, g->beta).q : 0;
    case retort_probability_l2: return -2 * apart(p, q, d);
    case retort_direction:
    case retort_cosine: return 0;
  }
}

// to = weight · p (slope − Σ p slope): the slope by logits from the slope by probabilities.
INLINE void through_softmax(const double *p, const double *slope, double weight, int64_t columns,
                            real *to) {
  double mean = 0;
  for (int64_t i = 0; i < columns; i++) mean += p[i] * slope[i];
  for (int64_t i = 0; i < columns; i++) {
    to[i] = (real)(weight * (p[i] != 0 ? p[i] * (slope[i] - mean) : 0));
  }
}

// Of one row: p, q, and d = log p − log q from the differences of logits, not from two logarithms that
// nearly agree. The base is the difference at a class that the teacher holds likeliest.
static void compare_rows(const retort_divergence_rows *g, const real *z, const real *t, double *p,
                         double *q, double *d) {
  const int64_t columns = g->columns;
  const double scale = 1 / g->temperature;
  const row_mass of_z = mass_of(z, columns, scale), of_t = mass_of(t, columns, scale);
  double base = -INFINITY;
  for (int64_t i = 0; i < columns; i++) {
    const double raw = (double)t[i] - (double)z[i];
    if ((double)t[i] * scale == of_t.peak && raw > base) base = raw;
  }
  if (!isfinite(base)) base = 0;
  const double start = of_t.peak - of_z.peak - base * scale;
  const double ratio = of_t.sum / of_z.sum * exp(start);
  double mass = 0;  // Σ q (e^((t − z − base) scale) − 1)
  for (int64_t i = 0; i < columns; i++) {
    q[i] = exp_double((double)z[i] * scale - of_z.peak) / of_z.sum;
    p[i] = exp_double((double)t[i] * scale - of_t.peak) / of_t.sum;
    d[i] = ((double)t[i] - (double)z[i] - base) * scale;
    // A q of 0 may stand beside a power that is as large.
    if (p[i] != 0 || q[i] != 0) {
      mass += d[i] <= 1 && d[i] >= -1 ? q[i] * expm1(d[i]) : p[i] * ratio - q[i];
    }
  }
  const double offset = mass > -0.5 && mass < 1 ? log1p(mass) : start + log(of_t.sum / of_z.sum);
  for (int64_t i = 0; i < columns; i++) d[i] -= offset;
}

// 1 over the length of a vector, which counts as `floor` at least; 0 for a vector of zeros.
INLINE double inverse_length(const real *x, int64_t columns, double floor) {
  double squares = 0;
  for (int64_t i = 0; i < columns; i++) squares += (double)x[i] * (double)x[i];
  return squares == 0 ? 0 : 1 / fmax(sqrt(squares), floor);
}

// to = weight · ∂/∂x of the distance of x's direction u from another's v: of ‖v − u‖² it is 2 (u⟨u, v⟩ − v)/‖x‖, of
// 1 − ⟨u, v⟩ half of that. Lengths of at most `floor` are constants.
INLINE void through_length(const retort_divergence_rows *g, const real *x, double inverse,
                           const real *other, double of_other, double weight, real *to) {
  const int is_cosine = g->kind == retort_cosine;
  double along = is_cosine ? 0 : 1;
  if (inverse < 1 / g->floor) {
    along = 0;
    for (int64_t i = 0; i < g->columns; i++) {
      along += (double)x[i] * inverse * ((double)other[i] * of_other);
    }
  }
  const double scale = weight * inverse * (is_cosine ? 1 : 2);
  for (int64_t i = 0; i < g->columns; i++) {
    to[i] = (real)(scale * ((double)x[i] * inverse * along - (double)other[i] * of_other));
  }
}

// How far the directions of each two rows are apart.
static void direction(const retort_divergence_rows *g, int64_t start, int64_t end) {
  const int64_t columns = g->columns;
  for (int64_t row = start; row < end; row++) {
    const real *s = (const real *)g->student + row * columns;
    const real *t = (const real *)g->teacher + row * columns;
    const double of_s = inverse_length(s, columns, g->floor);
    const double of_t = inverse_length(t, columns, g->floor);
    if (g->loss) {
      double squares = 0, cosine = 0;
      for (int64_t i = 0; i < columns; i++) {
        const double own = (double)s[i] * of_s, other = (double)t[i] * of_t;
        squares += (other - own) * (other - own);
        cosine += own * other;
      }
      ((real *)g->loss)[row] = (real)(g->kind == retort_cosine ? 1 - cosine : squares);
    }
    if (!g->upstream) continue;
    const double weight = upstream_of(g->upstream, row, g->upstream_stride);
    if (g->student_gradient) {
      through_length(g, s, of_s, t, of_t, weight, (real *)g->student_gradient + row * columns);
    }
    if (g->teacher_gradient) {
      through_length(g, t, of_t, s, of_s, weight, (real *)g->teacher_gradient + row * columns);
    }
  }
}

static void divergence(const retort_divergence_rows *g, int64_t start, int64_t end,
                       double *scratch) {
  if (g->kind == retort_direction || g->kind == retort_cosine) {
    direction(g, start, end);
    return;
  }
  const int64_t columns = g->columns;
  double *p = scratch, *q = scratch + columns;
  double *d = scratch + 2 * columns, *slope = scratch + 3 * columns;
  for (int64_t row = start; row < end; row++) {
    compare_rows(g, (const real *)g->student + row * columns,
                 (const real *)g->teacher + row * columns, p, q, d);
    if (g->loss) {
      double loss = 0;
      for (int64_t i = 0; i < columns; i++) loss += divergence_term(g, p[i], q[i], d[i]);
      ((real *)g->loss)[row] = (real)loss;
    }
    if (!g->upstream) continue;
    const double weight = upstream_of(g->upstream, row, g->upstream_stride) / g->temperature;
    if (g->student_gradient) {
      real *to = (real *)g->student_gradient + row * columns;
      if (g->kind == retort_forward_kl) {
        for (int64_t i = 0; i < columns; i++) to[i] = (real)(-weight * apart(p[i], q[i], d[i]));
      } else {
        for (int64_t i = 0; i < columns; i++) slope[i] = slope_by_q(g, p[i], q[i], d[i]);
        through_softmax(q, slope, weight, columns, to);
      }
    }
    if (g->teacher_gradient) {
      real *to = (real *)g->teacher_gradient + row * columns;
      if (g->kind == retort_reverse_kl) {
        for (int64_t i = 0; i < columns; i++) to[i] = (real)(weight * apart(p[i], q[i], d[i]));
      } else {
        for (int64_t i = 0; i < columns; i++) slope[i] = slope_by_p(g, p[i], q[i], d[i]);
        through_softmax(p, slope, weight, columns, to);
      }
    }
  }
}
