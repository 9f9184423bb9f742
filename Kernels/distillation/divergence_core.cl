// divergence_core: probabilities of two rows of logits that may be near each other; part of
// softmax_divergence.cl.
//
// d = log p − log q is made of the differences t − z, not of two logarithms that nearly agree. Each term
// of a divergence has q − p added: that changes no sum, makes all terms ≥ 0, and lets an error e common
// to all d move the sum by e² alone.
//
// Source     Knuth, TAOCP 4.2.2 (the rounding error of a difference).

// (eˣ − 1 − x) / x² by its series, within 7e-8 for |x| ≤ 1.
#define EXP_TAIL(X)                                                                          \
  (((((((((X) * (1.0f / 3628800) + 1.0f / 362880) * (X) + 1.0f / 40320) * (X) +               \
       1.0f / 5040) * (X) + 1.0f / 720) * (X) + 1.0f / 120) * (X) + 1.0f / 24) * (X) +       \
    1.0f / 6) * (X) + 0.5f)
// eˣ − 1 for |x| ≤ 1.
#define EXP_LESS_ONE(X) ((X) + (X) * (X) * EXP_TAIL(X))
// p − q: q (eᵈ − 1) where they are near each other.
#define APART(P, Q, D) (fabs(D) <= 1.0f ? (Q) * EXP_LESS_ONE(D) : (P) - (Q))
// P·D − P + Q ≥ 0 with D = log P − log Q: P (D − 1 + e⁻ᴰ), or what it is with Q taken out.
#define EXCESS(EXP, P, Q, D)                                  \
  ((P) == 0.0f ? (Q)                                          \
   : fabs(D) <= 1.0f ? (P) * ((D) * (D) * EXP_TAIL(-(D)))     \
   : (D) > 0.0f ? (P) * (((D) - 1.0f) + EXP(-fabs(D)))        \
                : (Q) * (((D) - 1.0f) * EXP(-fabs(D)) + 1.0f))

// One element's terms, for float and float16 alike; p, q, d = log p − log q are in scope.
// The sums `loss`, `studentMean`, `teacherMean` are there when a gradient is taken.
#define PREPARE(TYPE, EXP, LOG)
#if DIVERGENCE == 0
#define LOSS_TERM(EXP) EXCESS(EXP, p, q, d)
#define STUDENT_GRADIENT (-APART(p, q, d))
#define TEACHER_GRADIENT (p > 0.0f ? p * (d - loss) : p)
#elif DIVERGENCE == 1
#define LOSS_TERM(EXP) EXCESS(EXP, q, p, -d)
#define STUDENT_GRADIENT (q > 0.0f ? q * (-d - loss) : q)
#define TEACHER_GRADIENT APART(p, q, d)
#elif DIVERGENCE == 2
// m = w · max(p, q), so log(p/m) = min(d, 0) − log w and log(q/m) = −max(d, 0) − log w. Where w is
// near 1 its logarithm comes from w − 1; what rounding 1 + (w − 1) loses is put back.
#undef PREPARE
#define PREPARE(TYPE, EXP, LOG)                                                            \
  const TYPE size = fabs(d), power = EXP(-size);                                           \
  const TYPE major = d < 0.0f ? (TYPE)(1.0f - beta) : (TYPE)beta, minor = 1.0f - major;    \
  const TYPE change = minor * (size <= 1.0f ? EXP_LESS_ONE(-size) : power - 1.0f);         \
  const TYPE w = 1.0f + change;                                                            \
  const TYPE logW = change > -0.5f ? LOG(w) + (change - (w - 1.0f)) / w                    \
                                   : LOG(MAD(minor, power, major));                        \
  const TYPE ofTeacher = fmin(d, (TYPE)0.0f) - logW;                                       \
  const TYPE ofStudent = -(fmax(d, (TYPE)0.0f) + logW);                                    \
  const TYPE m = beta * p + (1.0f - beta) * q;                                             \
  const TYPE teacherLog = beta * ofTeacher, studentLog = (1.0f - beta) * ofStudent;        \
  (void)teacherLog, (void)studentLog, (void)m;
#define TEACHER_MEAN (p > 0.0f ? p * teacherLog : p)
#define STUDENT_MEAN (q > 0.0f ? q * studentLog : q)
#define LOSS_TERM(EXP) \
  (beta * EXCESS(EXP, p, m, ofTeacher) + (1.0f - beta) * EXCESS(EXP, q, m, ofStudent))
#define STUDENT_GRADIENT (q > 0.0f ? q * (studentLog - studentMean) : q)
#define TEACHER_GRADIENT (p > 0.0f ? p * (teacherLog - teacherMean) : p)
#else
#undef PREPARE
#define PREPARE(TYPE, EXP, LOG) const TYPE apart = APART(p, q, d);
#define TEACHER_MEAN (p * apart)
#define STUDENT_MEAN (q * apart)
#define LOSS_TERM(EXP) (apart * apart)
#define STUDENT_GRADIENT (2.0f * q * (studentMean - apart))
#define TEACHER_GRADIENT (2.0f * p * (apart - teacherMean))
#endif

// d = (t − z − from.base) · scale − from.offset. The base is t − z at a class that the teacher holds
// likeliest, 0 where that is masked: any number would do, this one leaves little where rows are near.
typedef struct { float base, start, offset; } origin;

// The origin but for its offset. `start` is the student's logit at the base's class.
static inline origin origin_at(float base, float2 forStudent, float2 forTeacher, float scale) {
  origin from;
  from.base = fabs(base) < INFINITY ? base : 0.0f;
  from.start = (forTeacher.x - forStudent.x - from.base) * scale;
  from.offset = 0.0f;
  return from;
}

// The offset is log Σ q exp((t − z − base) · scale), by mass = Σ exp(student logit) · (exp(…) − 1).
// Where that sum is far from 1 it comes from the rows' own sums.
static inline float offset_of(origin from, float mass, float2 forStudent, float2 forTeacher) {
  const float change = mass / forStudent.y;
  return from.start <= 1.0f && change > -0.5f
             ? log1p(change) : from.start + log(forTeacher.y / forStudent.y);
}

// t − z, whose rounding error is put back where the base has left little of it.
#define DIFFERENCE(TYPE)                                  \
  const TYPE raw = ofT - ofZ, back = raw - ofT;           \
  const TYPE error = (ofT - (raw - back)) - (ofZ + back); \
  const TYPE difference =                                 \
      ((raw - from.base) + (error == error ? error : (TYPE)0.0f)) * scale;
#define MASS_TERM(TYPE, EXP, Z, T)                                      \
  const TYPE ofZ = Z, ofT = T;                                          \
  DIFFERENCE(TYPE)                                                      \
  const TYPE power = EXP((ofZ - forStudent.x) * scale);                 \
  const TYPE moved = EXP((ofT - forTeacher.x) * scale + from.start);    \
  mass += fabs(difference) <= 1.0f ? power * EXP_LESS_ONE(difference) : moved - power;

// The origin of one row, in two reads.
static inline origin origin16(
    __global const float* z, __global const float* t, int columns, float scale, float2 forStudent,
    float2 forTeacher) {
  float16 base = -INFINITY;
  for (int column = 0; column < columns; column += 16) {
    const int count = min(columns - column, 16);
    const float16 ofT = load_part16(t + column, count, -INFINITY);
    const float16 raw = ofT - load_part16(z + column, count, 0.0f);
    base = ofT == forTeacher.x && raw > base ? raw : base;
  }
  origin from = origin_at(max16(base), forStudent, forTeacher, scale);
  float16 mass = 0.0f;
  for (int column = 0; column < columns; column += 16) {
    const int count = min(columns - column, 16);
    MASS_TERM(float16, exp_shifted16, load_part16(z + column, count, -INFINITY),
              load_part16(t + column, count, -INFINITY))
  }
  from.offset = offset_of(from, sum16(mass), forStudent, forTeacher);
  return from;
}

// origin16 by `lanes` work-items of a group; each gets the row's result.
static inline origin group_origin(
    __local float* scratch, __global const float* z, __global const float* t, int columns,
    float scale, float2 forStudent, float2 forTeacher, int lane, int lanes) {
  float base = -INFINITY;
  for (int column = lane; column < columns; column += lanes) {
    const float raw = t[column] - z[column];
    base = t[column] == forTeacher.x && raw > base ? raw : base;
  }
  base = group_max(scratch, base, lane, lanes);
  origin from = origin_at(base, forStudent, forTeacher, scale);
  float mass = 0.0f;
  for (int column = lane; column < columns; column += lanes) {
    MASS_TERM(float, exp, z[column], t[column])
  }
  from.offset = offset_of(from, group_sum(scratch, mass, lane, lanes), forStudent, forTeacher);
  return from;
}
