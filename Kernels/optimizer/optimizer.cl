// optimizer: one update of all parameters, which lie in one flat buffer; PyTorch's rules.
//
//   SCALED      g *= scaling[0]; where that is 0, nothing of this happens
//   CLIP_NORM   g *= min(1, clip / (‖g‖ + 1e-6))          CLIP_VALUE  g = min(max(g, −clip), clip)
//   sgd      g += decay·w;  v = momentum·v + g;  w −= rate · (NESTEROV ? g + momentum·v : v)
//            (DAMPENED: v = momentum·v + (1 − dampening) g, but for the first step)
//   adam     g += decay·w  (DECOUPLED: w −= rate·decay·w)
//            m += (1 − β₁)(g − m);  v += (1 − β₂)(g² − v)
//            w −= rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + epsilon)
//            (AMSGRAD: the largest v so far in place of the last)
//   rmsprop  g += decay·w;  s += (1 − α)(g² − s);  d = g / (√s + epsilon)
//            (CENTERED: m += (1 − α)(g − m);  d = g / (√max(s − m², 0) + epsilon))
//            w −= rate · d  (MOMENTUM: v = momentum·v + d;  w −= rate · v)
//   CYCLED         momentum, or β₁ of adam, is cycled[0]
//   DECAYS_PARTLY  decay·decaying in place of decay
//   AVERAGE     a += share·(w − a), with the new w;  share is 1 up to step `averageStart`, then
//               averageShare, or 1 / (steps since + 1) where AVERAGE is 2
//
// Shapes     parameters w, gradients g, moments, velocities, averages, decaying (1 or 0)  [n] float32;
//            learningRate, gradientNorm ‖g‖, cycled [1] and scaling [2] float32; stepCount [1] int32,
//            updates made before this one, of which scaling[1] did nothing: t = stepCount + 1 −
//            scaling[1]. In memory, so that a replay needs no new argument. Moments start as zeros: the
//            first velocity is the gradient, as PyTorch's. Gaps have gradient 0 and stay finite.
// Launch     vector: 1-D, global ⌈n / chunk⌉, local 1; chunk a multiple of 16.
//            flat:   1-D, global ⌈n / 4⌉ rounded up to GROUP, local GROUP.
// Macros     MOMENTUM, NESTEROV, DAMPENED, DECOUPLED, AMSGRAD, CENTERED, SCALED, CYCLED,
//            DECAYS_PARTLY, CLIP_NORM, CLIP_VALUE 0/1.
//            AVERAGE 0, 1, 2.  GROUP work-items a group.
// Memory     sgd 20 bytes an element (12 without MOMENTUM), adam 28, rmsprop 20, and 8 each for
//            MOMENTUM, CENTERED and AMSGRAD; AVERAGE 8; DECAYS_PARTLY 4. Nothing is read twice.
// Numerics   1 − β is an argument, for 1 − 0.999f is off by 1e-5; 1 − βᵗ = −expm1(t log1p(β − 1)).
//            20 steps stay within 1e-6 relative of float64; centered, 4e-5. A NaN gradient passes
//            the clipping. A share of 1 copies.
// Source     PyTorch's documentation of SGD, Adam, AdamW, RMSprop, clip_grad_norm_, AveragedModel,
//            GradScaler;
//            Kingma, Ba 2015; Loshchilov, Hutter 2019; Reddi, Kale, Kumar 2018; Graves 2013;
//            Izmailov et al. 2018.

#ifndef MOMENTUM
#define MOMENTUM 1
#endif
#ifndef NESTEROV
#define NESTEROV 0
#endif
#ifndef DAMPENED
#define DAMPENED 0
#endif
#ifndef AMSGRAD
#define AMSGRAD 0
#endif
#ifndef CYCLED
#define CYCLED 0
#endif
#ifndef DECAYS_PARTLY
#define DECAYS_PARTLY 0
#endif
#ifndef DECOUPLED
#define DECOUPLED 0
#endif
#ifndef CENTERED
#define CENTERED 1
#endif
#ifndef SCALED
#define SCALED 0
#endif
#ifndef CLIP_NORM
#define CLIP_NORM 0
#endif
#ifndef CLIP_VALUE
#define CLIP_VALUE 0
#endif
#ifndef AVERAGE
#define AVERAGE 0
#endif
#ifndef GROUP
#define GROUP 256
#endif

#include "update_core.cl"

// The rules. Each takes 1, 4 or 16 elements; `at` is the index of the first.
#if CYCLED
#define MOMENTUM_PARAMETER , __global const float* restrict cycled
#define CYCLE const float momentum = cycled[0];
#define BETA1_PARAMETER __global const float* restrict cycled
#define BETA1 const float oneMinusBeta1 = 1.0f - cycled[0];
#else
#define MOMENTUM_PARAMETER , const float momentum
#define CYCLE
#define BETA1_PARAMETER const float oneMinusBeta1
#define BETA1
#endif
#if DAMPENED
#define DAMPENING_PARAMETER , const float oneMinusDampening
#define DAMPENING const float fresh = done == 0 ? 1.0f : oneMinusDampening;
#define FRESH(TYPE, g) ((g) * fresh)
#else
#define DAMPENING_PARAMETER
#define DAMPENING
#define FRESH(TYPE, g) (g)
#endif
#if MOMENTUM
#define MOMENTUM_PARAMETERS , __global float* restrict velocities MOMENTUM_PARAMETER
#define MOMENTUM_SCALARS CYCLE
#define VELOCITY(TYPE, LOAD, STORE, DIRECTION)                     \
  const TYPE v = MAD(LOAD(velocities), (TYPE)momentum, DIRECTION); \
  STORE(v, velocities);
#define AHEAD(TYPE, DIRECTION) (NESTEROV ? MAD(v, (TYPE)momentum, DIRECTION) : v)
#else
#define MOMENTUM_PARAMETERS
#define MOMENTUM_SCALARS
#define VELOCITY(TYPE, LOAD, STORE, DIRECTION) const TYPE v = DIRECTION;
#define AHEAD(TYPE, DIRECTION) v
#endif

#define SGD_UPDATE(TYPE, LOAD, STORE)                             \
  const TYPE w = LOAD(parameters), slope = SLOPE(LOAD);           \
  const TYPE g = MAD(w, DECAY(TYPE, LOAD), CLIPPED(TYPE, slope)); \
  VELOCITY(TYPE, LOAD, STORE, FRESH(TYPE, g))                     \
  const TYPE move = AHEAD(TYPE, g);                               \
  FINISH(TYPE, LOAD, STORE, MAD(move, (TYPE)-rate, w))

#if AMSGRAD
#define AMSGRAD_PARAMETER , __global float* restrict largestMoments
#define LARGEST(TYPE, LOAD, STORE)                                          \
  const TYPE before = LOAD(largestMoments), top = before > v ? before : v; \
  STORE(top, largestMoments);
#else
#define AMSGRAD_PARAMETER
#define LARGEST(TYPE, LOAD, STORE) const TYPE top = v;
#endif

#define ADAM_PARAMETERS                                                            \
  , __global float* restrict firstMoments, __global float* restrict secondMoments, \
      BETA1_PARAMETER, const float oneMinusBeta2, const float epsilon AMSGRAD_PARAMETER
#define ADAM_SCALARS                                                        \
  BETA1                                                                     \
  const float t = (float)done + 1.0f;                                       \
  const float size = rate / -expm1(t * log1p(-oneMinusBeta1));              \
  const float inverseRoot = 1.0f / sqrt(-expm1(t * log1p(-oneMinusBeta2))); \
  const float keep = 1.0f - rate * weightDecay;                             \
  (void)keep;
#define ADAM_UPDATE(TYPE, LOAD, STORE)                                         \
  const TYPE old = LOAD(parameters), oldFirst = LOAD(firstMoments);            \
  const TYPE oldSecond = LOAD(secondMoments), slope = SLOPE(LOAD);             \
  const TYPE gradient = CLIPPED(TYPE, slope);                                  \
  const TYPE w = DECOUPLED ? old * KEPT(TYPE, LOAD) : old;                     \
  const TYPE g = DECOUPLED ? gradient : MAD(old, DECAY(TYPE, LOAD), gradient); \
  const TYPE m = MAD(g - oldFirst, (TYPE)oneMinusBeta1, oldFirst);             \
  const TYPE v = MAD(MAD(g, g, -oldSecond), (TYPE)oneMinusBeta2, oldSecond);   \
  LARGEST(TYPE, LOAD, STORE)                                                   \
  const TYPE denominator = MAD(sqrt(top), (TYPE)inverseRoot, (TYPE)epsilon);   \
  STORE(m, firstMoments);                                                      \
  STORE(v, secondMoments);                                                     \
  FINISH(TYPE, LOAD, STORE, MAD(m / denominator, (TYPE)-size, w))

#if CENTERED
#define CENTERED_PARAMETERS , __global float* restrict firstMoments
#define VARIANCE(TYPE, LOAD, STORE)                                        \
  const TYPE oldFirst = LOAD(firstMoments);                                \
  const TYPE m = MAD(g - oldFirst, (TYPE)oneMinusAlpha, oldFirst);         \
  const TYPE difference = MAD(-m, m, square);                              \
  const TYPE variance = difference < (TYPE)0.0f ? (TYPE)0.0f : difference; \
  STORE(m, firstMoments);
#else
#define CENTERED_PARAMETERS
#define VARIANCE(TYPE, LOAD, STORE) const TYPE variance = square;
#endif

#define RMSPROP_PARAMETERS                                             \
  , __global float* restrict secondMoments, const float oneMinusAlpha, \
      const float epsilon CENTERED_PARAMETERS MOMENTUM_PARAMETERS
#define RMSPROP_UPDATE(TYPE, LOAD, STORE)                                         \
  const TYPE w = LOAD(parameters), slope = SLOPE(LOAD);                           \
  const TYPE oldSecond = LOAD(secondMoments);                                     \
  const TYPE g = MAD(w, DECAY(TYPE, LOAD), CLIPPED(TYPE, slope));                 \
  const TYPE square = MAD(MAD(g, g, -oldSecond), (TYPE)oneMinusAlpha, oldSecond); \
  STORE(square, secondMoments);                                                   \
  VARIANCE(TYPE, LOAD, STORE)                                                     \
  VELOCITY(TYPE, LOAD, STORE, g / (sqrt(variance) + (TYPE)epsilon))               \
  FINISH(TYPE, LOAD, STORE, MAD(v, (TYPE)-rate, w))

// The bodies of both forms of a rule.
#define VECTOR_FORM(SCALARS, UPDATE)                     \
  COMMON_SCALARS SCALARS                                 \
  size_t at = get_global_id(0) * (size_t)chunk;          \
  const size_t end = min(at + (size_t)chunk, (size_t)n); \
  for (; at + 16 <= end; at += 16) {                     \
    UPDATE(float16, LOAD16, STORE16)                     \
  }                                                      \
  for (; at < end; at++) {                               \
    UPDATE(float, LOAD1, STORE1)                         \
  }
#define FLAT_FORM(SCALARS, UPDATE)       \
  COMMON_SCALARS SCALARS                 \
  size_t at = get_global_id(0) * 4;      \
  if (at + 4 <= (size_t)n) {             \
    UPDATE(float4, LOAD4, STORE4)        \
    return;                              \
  }                                      \
  for (; at < (size_t)n; at++) {         \
    UPDATE(float, LOAD1, STORE1)         \
  }

#if FORM != 2
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sgd_vector(COMMON_PARAMETERS MOMENTUM_PARAMETERS DAMPENING_PARAMETER, const int chunk) {
  VECTOR_FORM(MOMENTUM_SCALARS DAMPENING, SGD_UPDATE)
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void adam_vector(COMMON_PARAMETERS ADAM_PARAMETERS, const int chunk) {
  VECTOR_FORM(ADAM_SCALARS, ADAM_UPDATE)
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void rmsprop_vector(COMMON_PARAMETERS RMSPROP_PARAMETERS, const int chunk) {
  VECTOR_FORM(MOMENTUM_SCALARS, RMSPROP_UPDATE)
}
#endif

#if FORM != 1
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void sgd_flat(COMMON_PARAMETERS MOMENTUM_PARAMETERS DAMPENING_PARAMETER) {
  FLAT_FORM(MOMENTUM_SCALARS DAMPENING, SGD_UPDATE)
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void adam_flat(COMMON_PARAMETERS ADAM_PARAMETERS) {
  FLAT_FORM(ADAM_SCALARS, ADAM_UPDATE)
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
void rmsprop_flat(COMMON_PARAMETERS RMSPROP_PARAMETERS) {
  FLAT_FORM(MOMENTUM_SCALARS, RMSPROP_UPDATE)
}
#endif
