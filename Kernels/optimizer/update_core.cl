// update_core: what surrounds every rule of optimizer.cl, which says what its macros do.

#define LOAD1(FROM) FROM[at]
#define LOAD4(FROM) vload4(0, FROM + at)
#define LOAD16(FROM) load16(FROM + at)
#define STORE1(VALUE, TO) TO[at] = VALUE
#define STORE4(VALUE, TO) vstore4(VALUE, 0, TO + at)
#define STORE16(VALUE, TO) store16(VALUE, TO + at)

// What surrounds every rule: more parameters, scalars of the launch, the gradient that the rule
// sees, and what becomes of the parameter that it makes.
#if SCALED
#define SCALING_PARAMETERS , __global const float* restrict scaling
#define SCALING_SCALARS            \
  const float factor = scaling[0]; \
  if (factor == 0.0f) return;
#define DONE stepCount[0] - (int)scaling[1]
#define SLOPE(LOAD) (LOAD(gradients) * factor)
#else
#define SCALING_PARAMETERS
#define SCALING_SCALARS
#define DONE stepCount[0]
#define SLOPE(LOAD) LOAD(gradients)
#endif

#if CLIP_NORM
#define CLIP_PARAMETERS , __global const float* restrict gradientNorm, const float clip
#define CLIP_SCALARS                                    \
  const float bound = clip / (gradientNorm[0] + 1e-6f); \
  const float scale = bound > 1.0f ? 1.0f : bound;
#define CLIPPED(TYPE, g) ((g) * scale)
#elif CLIP_VALUE
#define CLIP_PARAMETERS , const float clip
#define CLIP_SCALARS
#define CLIPPED(TYPE, g) ((g) > (TYPE)clip ? (TYPE)clip : ((g) < (TYPE)-clip ? (TYPE)-clip : (g)))
#else
#define CLIP_PARAMETERS
#define CLIP_SCALARS
#define CLIPPED(TYPE, g) (g)
#endif

#if AVERAGE
#define AVERAGE_PARAMETERS \
  , __global float* restrict averages, const int averageStart, const float averageShare
#define AVERAGE_SCALARS                                                 \
  const int later = max(done - averageStart, 0);                        \
  const float usual = AVERAGE == 2 ? 1.0f / (later + 1) : averageShare; \
  const float share = later == 0 ? 1.0f : usual;
#define FINISH(TYPE, LOAD, STORE, VALUE)          \
  const TYPE next = VALUE, mean = LOAD(averages); \
  STORE(next, parameters);                        \
  STORE(share == 1.0f ? next : MAD(next - mean, (TYPE)share, mean), averages);
#else
#define AVERAGE_PARAMETERS
#define AVERAGE_SCALARS
#define FINISH(TYPE, LOAD, STORE, VALUE) STORE(VALUE, parameters);
#endif

#if DECAYS_PARTLY
#define DECAY_PARAMETERS , __global const float* restrict decaying
#define DECAY(TYPE, LOAD) (LOAD(decaying) * weightDecay)
#define KEPT(TYPE, LOAD) (1.0f - LOAD(decaying) * (rate * weightDecay))
#else
#define DECAY_PARAMETERS
#define DECAY(TYPE, LOAD) (TYPE)weightDecay
#define KEPT(TYPE, LOAD) keep
#endif

#define COMMON_PARAMETERS                                                          \
  __global float* restrict parameters, __global const float* restrict gradients,   \
      __global const float* restrict learningRate,                                 \
      __global const int* restrict stepCount, const int n, const float weightDecay \
      CLIP_PARAMETERS SCALING_PARAMETERS AVERAGE_PARAMETERS DECAY_PARAMETERS
#define COMMON_SCALARS                \
  SCALING_SCALARS                     \
  const float rate = learningRate[0]; \
  const int done = DONE;              \
  (void)done;                         \
  CLIP_SCALARS AVERAGE_SCALARS
