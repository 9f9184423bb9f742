// Random numbers, the latent step and the optimizers.

typedef struct {
  uint32_t lane[4];
} philox_block;

// Philox4x32-10. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
INLINE philox_block philox(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0,
                           uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    const uint64_t first = (uint64_t)0xD2511F53u * c0, second = (uint64_t)0xCD9E8D57u * c2;
    const uint32_t next0 = (uint32_t)(second >> 32) ^ c1 ^ k0;
    const uint32_t next2 = (uint32_t)(first >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)second;
    c3 = (uint32_t)first;
    c0 = next0;
    c2 = next2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return (philox_block){{c0, c1, c2, c3}};
}

#define EACH_BLOCK(BODY)                                                                       \
  for (int64_t at = start; at < end; at += 4) {                                                \
    const philox_block block = philox((uint32_t)(at / 4), (uint32_t)state[2], stream, 0,       \
                                      (uint32_t)state[0], (uint32_t)state[1]);                 \
    real value[4];                                                                             \
    BODY                                                                                       \
    for (int64_t i = 0; i < least(4, end - at); i++) ((real *)y)[at + i] = value[i];           \
  }

static void random_uniform(const int32_t *state, uint32_t stream, int64_t start, int64_t end,
                           void *y) {
  EACH_BLOCK({
    for (int i = 0; i < 4; i++) value[i] = (real)(block.lane[i] >> 8) * (real)0x1p-24;
  })
}

// Source: Box and Muller 1958; the first uniform number lies in (0, 1].
static void random_normal(const int32_t *state, uint32_t stream, int64_t start, int64_t end,
                          void *y) {
  EACH_BLOCK({
    for (int i = 0; i < 4; i += 2) {
      const double u1 = (double)((block.lane[i] >> 8) + 1) * 0x1p-24;
      const double u2 = (double)(block.lane[i + 1] >> 8) * 0x1p-24;
      const double radius = sqrt(-2 * log(u1));
      value[i] = (real)(radius * cos(6.283185307179586476925 * u2));
      value[i + 1] = (real)(radius * sin(6.283185307179586476925 * u2));
    }
  })
}

static void latent_step(const void *z, const void *gradient, const void *size, int64_t size_stride,
                        int64_t normalised, int64_t columns, int64_t start, int64_t end, void *y) {
  for (int64_t row = start; row < end; row++) {
    const real *from = (const real *)z + row * columns;
    const real *g = (const real *)gradient + row * columns;
    double factor = (double)((const real *)size)[row * size_stride];
    if (normalised) factor /= sqrt(sum_products(g, g, columns)) + 1e-12;
    const real step = (real)factor;
    real *to = (real *)y + row * columns;
    PARALLEL for (int64_t i = 0; i < columns; i++) to[i] = from[i] + step * g[i];
  }
}

// A gradient as the rule sees it: scaled, then within ±limit. NaN stays NaN.
INLINE real clipped(real g, real scale, real limit) {
  return smaller(larger(g * scale, -limit), limit);
}

// Runs BODY(d) for each index i, d being what its parameter decays by.
#define EACH_DECAYED(BODY)                                                                  \
  if (u->decaying) {                                                                        \
    const real *own = u->decaying;                                                          \
    PARALLEL for (int64_t i = start; i < end; i++) { BODY((decay * own[i])) }               \
  } else {                                                                                  \
    PARALLEL for (int64_t i = start; i < end; i++) { BODY(decay) }                          \
  }

static void sgd(const retort_update *u, int64_t start, int64_t end) {
  real *parameters = u->parameters, *velocity = u->velocity;
  const real *gradient = u->gradient;
  const real scale = (real)u->scale, limit = (real)u->limit;
  const real rate = (real)u->learning_rate, decay = (real)u->weight_decay;
  const real momentum = (real)u->momentum, fresh = (real)u->fresh;
  const int nesterov = u->nesterov != 0;
#define PLAIN(DECAY) \
  parameters[i] -= rate * (clipped(gradient[i], scale, limit) + DECAY * parameters[i]);
#define ALONG_VELOCITY(DECAY)                                                     \
  const real g = clipped(gradient[i], scale, limit) + DECAY * parameters[i];      \
  const real v = momentum * velocity[i] + fresh * g;                              \
  velocity[i] = v;                                                                \
  parameters[i] -= rate * (nesterov ? g + momentum * v : v);
  if (velocity) {
    EACH_DECAYED(ALONG_VELOCITY)
  } else {
    EACH_DECAYED(PLAIN)
  }
}

static void adam(const retort_update *u, int64_t start, int64_t end) {
  real *parameters = u->parameters, *first = u->first, *second = u->second;
  real *largest = u->largest;
  const real *gradient = u->gradient;
  const real scale = (real)u->scale, limit = (real)u->limit;
  const int decoupled = u->decoupled != 0;
  const double lost = u->learning_rate * u->weight_decay;
  const real decay = (real)(decoupled ? lost : u->weight_decay);
  const real rate = (real)(u->learning_rate / u->bias1), root = (real)sqrt(u->bias2);
  const real share1 = (real)(1 - u->beta1), beta2 = (real)u->beta2, share2 = (real)(1 - u->beta2);
  const real epsilon = (real)u->epsilon;
#define MOMENTS(DECAY)                                                                        \
  const real slope = clipped(gradient[i], scale, limit);                                      \
  const real g = decoupled ? slope : slope + DECAY * parameters[i];                           \
  const real m = first[i] + (g - first[i]) * share1;                                          \
  const real v = beta2 * second[i] + share2 * g * g;                                          \
  first[i] = m;                                                                               \
  second[i] = v;
#define FOLLOW(DECAY, SQUARE)                                                                 \
  parameters[i] = parameters[i] * (decoupled ? 1 - DECAY : 1) -                               \
                  rate * m / (sqrt_real(SQUARE) / root + epsilon);
#define LAST(DECAY) MOMENTS(DECAY) FOLLOW(DECAY, v)
#define LARGEST(DECAY)                                                                        \
  MOMENTS(DECAY)                                                                              \
  const real top = larger(v, largest[i]);                                                     \
  largest[i] = top;                                                                           \
  FOLLOW(DECAY, top)
  if (largest) {
    EACH_DECAYED(LARGEST)
  } else {
    EACH_DECAYED(LAST)
  }
}

static void rmsprop(const retort_update *u, int64_t start, int64_t end) {
  real *parameters = u->parameters, *velocity = u->velocity;
  real *mean = u->first, *square = u->second;
  const real *gradient = u->gradient;
  const real scale = (real)u->scale, limit = (real)u->limit;
  const real rate = (real)u->learning_rate, decay = (real)u->weight_decay;
  const real alpha = (real)u->beta2, share = (real)(1 - u->beta2);
  const real momentum = (real)u->momentum, epsilon = (real)u->epsilon;
#define BY_ROOT(DECAY)                                                          \
  const real g = clipped(gradient[i], scale, limit) + DECAY * parameters[i];    \
  real variance = square[i] = alpha * square[i] + share * g * g;                \
  if (mean) {                                                                   \
    const real m = mean[i] += (g - mean[i]) * share;                            \
    variance -= m * m;                                                          \
    variance = variance < 0 ? 0 : variance;                                     \
  }                                                                             \
  real move = g / (sqrt_real(variance) + epsilon);                              \
  if (velocity) move = velocity[i] = momentum * velocity[i] + move;             \
  parameters[i] -= rate * move;
  EACH_DECAYED(BY_ROOT)
}

// The running mean of the parameters; a share of 1 copies them.
static void average(const retort_update *u, int64_t start, int64_t end) {
  const real *parameters = u->parameters;
  real *mean = u->average;
  const real share = (real)u->share;
  const int copies = u->share == 1;
  PARALLEL for (int64_t i = start; i < end; i++) {
    mean[i] = copies ? parameters[i] : mean[i] + (parameters[i] - mean[i]) * share;
  }
}

static void widen(const float *x, int64_t count, void *y) {
  PARALLEL for (int64_t i = 0; i < count; i++) ((real *)y)[i] = (real)x[i];
}

static void narrow(const void *x, int64_t count, float *y) {
  PARALLEL for (int64_t i = 0; i < count; i++) y[i] = (float)((const real *)x)[i];
}
