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

// The slopes of a divergence by the student's and the teacher's probabilities, up to a constant,
// and its terms' sum. logs: log p and log q; entries of probability 0 count nothing.
static double divergence_slopes(const retort_divergence_rows *g, const double *log_p,
                                const double *log_q, double *by_q, double *by_p) {
  double loss = 0;
  for (int64_t i = 0; i < g->columns; i++) {
    const double p = exp_double(log_p[i]), q = exp_double(log_q[i]), d = log_p[i] - log_q[i];
    switch (g->kind) {
      case retort_forward_kl:  // Σ p (log p − log q)
        loss += p != 0 ? p * d : 0;
        by_p[i] = p != 0 ? d : 0;
        by_q[i] = 0;
        break;
      case retort_reverse_kl:
        loss += q != 0 ? q * -d : 0;
        by_q[i] = q != 0 ? -d : 0;
        by_p[i] = 0;
        break;
      case retort_jensen_shannon: {
        // log m with the larger of log p and log q taken out, so that m never underflows first.
        const double b = g->beta, high = larger_double(log_p[i], log_q[i]);
        const double m = b * exp_double(log_p[i] - high) + (1 - b) * exp_double(log_q[i] - high);
        const double log_m = high + log(m);
        by_p[i] = p != 0 && b != 0 ? b * (log_p[i] - log_m) : 0;
        by_q[i] = q != 0 && b != 1 ? (1 - b) * (log_q[i] - log_m) : 0;
        loss += p * by_p[i] + q * by_q[i];
        break;
      }
      case retort_probability_l2:
        by_p[i] = 2 * (p - q);
        by_q[i] = -by_p[i];
        loss += (p - q) * (p - q);
        break;
    }
  }
  return loss;
}

// to = weight · p (slope − Σ p slope): the slope by logits from the slope by probabilities.
INLINE void through_softmax(const double *log_p, const double *slope, double weight,
                            int64_t columns, real *to) {
  double mean = 0;
  for (int64_t i = 0; i < columns; i++) mean += exp_double(log_p[i]) * slope[i];
  for (int64_t i = 0; i < columns; i++) {
    const double p = exp_double(log_p[i]);
    to[i] = (real)(weight * (p != 0 ? p * (slope[i] - mean) : 0));
  }
}

static void divergence(const retort_divergence_rows *g, int64_t start, int64_t end,
                       double *scratch) {
  const int64_t columns = g->columns;
  double *log_p = scratch, *log_q = scratch + columns;
  double *by_p = scratch + 2 * columns, *by_q = scratch + 3 * columns;
  const double scale = 1 / g->temperature;
  for (int64_t row = start; row < end; row++) {
    const real *z = (const real *)g->student + row * columns;
    const real *t = (const real *)g->teacher + row * columns;
    const row_mass of_z = mass_of(z, columns, scale), of_t = mass_of(t, columns, scale);
    const double shift_z = of_z.peak + log(of_z.sum), shift_t = of_t.peak + log(of_t.sum);
    for (int64_t i = 0; i < columns; i++) {
      log_q[i] = (double)z[i] * scale - shift_z;
      log_p[i] = (double)t[i] * scale - shift_t;
    }
    const double loss = divergence_slopes(g, log_p, log_q, by_q, by_p);
    if (g->loss) ((real *)g->loss)[row] = (real)loss;
    if (!g->upstream) continue;
    const double weight = upstream_of(g->upstream, row, g->upstream_stride) * scale;
    if (g->student_gradient) {
      real *to = (real *)g->student_gradient + row * columns;
      if (g->kind == retort_forward_kl) {
        for (int64_t i = 0; i < columns; i++) {
          to[i] = (real)(weight * (exp_double(log_q[i]) - exp_double(log_p[i])));
        }
      } else {
        through_softmax(log_q, by_q, weight, columns, to);
      }
    }
    if (g->teacher_gradient) {
      real *to = (real *)g->teacher_gradient + row * columns;
      if (g->kind == retort_reverse_kl) {
        for (int64_t i = 0; i < columns; i++) {
          to[i] = (real)(weight * (exp_double(log_p[i]) - exp_double(log_q[i])));
        }
      } else {
        through_softmax(log_p, by_p, weight, columns, to);
      }
    }
  }
}
