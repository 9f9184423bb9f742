// optimizer: one update of all parameters, which lie in one flat buffer; PyTorch's rules.
//
//   sgd    g += decay·w;  v = momentum·v + g;  w −= rate · (NESTEROV ? g + momentum·v : v)
//   adam   g += decay·w  (DECOUPLED: w −= rate·decay·w)
//          m += (1 − β₁)(g − m);  v += (1 − β₂)(g² − v)
//          w −= rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + epsilon)
//
// Shapes     parameters w, gradients g, moments m and v  [n] float32; learningRate [1] float32;
//            stepCount [1] int32, updates made before this one: t = stepCount + 1. Both lie in
//            memory, so that a replay needs no new argument. Moments start as zeros, which makes
//            the first velocity the gradient, as in PyTorch with dampening 0. Gaps between
//            parameters must have gradient 0; they stay finite (epsilon > 0).
// Launch     vector: 1-D, global ⌈n / chunk⌉, local 1; chunk a multiple of 16.
//            flat:   1-D, global ⌈n / 4⌉ rounded up to GROUP, local GROUP.
// Macros     MOMENTUM, NESTEROV, DECOUPLED 0/1.  GROUP work-items a group.
// Memory     sgd 20 bytes an element (12 without MOMENTUM), adam 28; nothing is read twice.
// Numerics   1 − β is an argument, for 1 − 0.999f is off by 1e-5; 1 − βᵗ = −expm1(t log1p(β − 1)).
//            20 steps stay within 1e-6 relative of float64.
// Source     PyTorch's documentation of SGD, Adam, AdamW; Kingma, Ba 2015; Loshchilov, Hutter 2019.

#ifndef MOMENTUM
#define MOMENTUM 1
#endif
#ifndef NESTEROV
#define NESTEROV 0
#endif
#ifndef DECOUPLED
#define DECOUPLED 0
#endif
#ifndef GROUP
#define GROUP 256
#endif

#if MOMENTUM
#define MOMENTUM_PARAMETERS , __global float* restrict velocities, const float momentum
#else
#define MOMENTUM_PARAMETERS
#endif

// One update of 1, 4 or 16 elements; `at` is the index of the first.
#if MOMENTUM
#define SGD_UPDATE(TYPE, LOAD, STORE)                             \
  const TYPE w = LOAD(parameters), past = LOAD(velocities);       \
  const TYPE g = fma(w, (TYPE)weightDecay, LOAD(gradients));      \
  const TYPE v = fma(past, (TYPE)momentum, g);                    \
  const TYPE move = NESTEROV ? fma(v, (TYPE)momentum, g) : v;     \
  STORE(v, velocities);                                           \
  STORE(fma(move, (TYPE)-rate, w), parameters);
#else
#define SGD_UPDATE(TYPE, LOAD, STORE)                             \
  const TYPE w = LOAD(parameters);                                \
  const TYPE g = fma(w, (TYPE)weightDecay, LOAD(gradients));      \
  STORE(fma(g, (TYPE)-rate, w), parameters);
#endif

#define ADAM_UPDATE(TYPE, LOAD, STORE)                                            \
  const TYPE old = LOAD(parameters), oldFirst = LOAD(firstMoments);               \
  const TYPE oldSecond = LOAD(secondMoments), gradient = LOAD(gradients);         \
  const TYPE w = DECOUPLED ? old * keep : old;                                    \
  const TYPE g = DECOUPLED ? gradient : fma(old, (TYPE)weightDecay, gradient);    \
  const TYPE m = fma(g - oldFirst, (TYPE)oneMinusBeta1, oldFirst);                \
  const TYPE v = fma(fma(g, g, -oldSecond), (TYPE)oneMinusBeta2, oldSecond);      \
  const TYPE denominator = fma(sqrt(v), (TYPE)inverseRoot, (TYPE)epsilon);        \
  STORE(m, firstMoments);                                                         \
  STORE(v, secondMoments);                                                        \
  STORE(fma(m / denominator, (TYPE)-size, w), parameters);

#define ADAM_SCALARS                                                              \
  const float rate = learningRate[0], t = (float)stepCount[0] + 1.0f;             \
  const float size = rate / -expm1(t * log1p(-oneMinusBeta1));                    \
  const float inverseRoot = 1.0f / sqrt(-expm1(t * log1p(-oneMinusBeta2)));       \
  const float keep = 1.0f - rate * weightDecay;                                   \
  (void)keep;

#define LOAD1(FROM) FROM[at]
#define LOAD4(FROM) vload4(0, FROM + at)
#define LOAD16(FROM) load16(FROM + at)
#define STORE1(VALUE, TO) TO[at] = VALUE
#define STORE4(VALUE, TO) vstore4(VALUE, 0, TO + at)
#define STORE16(VALUE, TO) store16(VALUE, TO + at)

#define SGD_PARAMETERS                                                             \
  __global float* restrict parameters, __global const float* restrict gradients,   \
      __global const float* restrict learningRate, const int n, const float weightDecay

#define ADAM_PARAMETERS                                                                   \
  __global float* restrict parameters, __global const float* restrict gradients,          \
      __global float* restrict firstMoments, __global float* restrict secondMoments,      \
      __global const float* restrict learningRate, __global const int* restrict stepCount, \
      const int n, const float oneMinusBeta1, const float oneMinusBeta2,                  \
      const float epsilon, const float weightDecay

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sgd_vector(SGD_PARAMETERS, const int chunk MOMENTUM_PARAMETERS) {
  const float rate = learningRate[0];
  size_t at = get_global_id(0) * (size_t)chunk;
  const size_t end = min(at + (size_t)chunk, (size_t)n);
  for (; at + 16 <= end; at += 16) {
    SGD_UPDATE(float16, LOAD16, STORE16)
  }
  for (; at < end; at++) {
    SGD_UPDATE(float, LOAD1, STORE1)
  }
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void sgd_flat(SGD_PARAMETERS MOMENTUM_PARAMETERS) {
  const float rate = learningRate[0];
  size_t at = get_global_id(0) * 4;
  if (at + 4 <= (size_t)n) {
    SGD_UPDATE(float4, LOAD4, STORE4)
    return;
  }
  for (; at < (size_t)n; at++) {
    SGD_UPDATE(float, LOAD1, STORE1)
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void adam_vector(ADAM_PARAMETERS, const int chunk) {
  ADAM_SCALARS
  size_t at = get_global_id(0) * (size_t)chunk;
  const size_t end = min(at + (size_t)chunk, (size_t)n);
  for (; at + 16 <= end; at += 16) {
    ADAM_UPDATE(float16, LOAD16, STORE16)
  }
  for (; at < end; at++) {
    ADAM_UPDATE(float, LOAD1, STORE1)
  }
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void adam_flat(ADAM_PARAMETERS) {
  ADAM_SCALARS
  size_t at = get_global_id(0) * 4;
  if (at + 4 <= (size_t)n) {
    ADAM_UPDATE(float4, LOAD4, STORE4)
    return;
  }
  for (; at < (size_t)n; at++) {
    ADAM_UPDATE(float, LOAD1, STORE1)
  }
}
