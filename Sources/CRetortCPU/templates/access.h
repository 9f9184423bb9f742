// Copies of ranges of an iteration space out of and into strided memory.

// Walks positions start..<start + count in runs along the last axis; BODY sees `run`, `place` (the
// element offset of its first position), `step` and `done`.
#define WALK(ACCESS, BODY)                                                  \
  int64_t index[RETORT_AXES];                                               \
  int64_t rest = start, place = 0;                                          \
  for (int32_t axis = p->rank - 1; axis >= 0; axis--) {                     \
    index[axis] = rest % p->extents[axis];                                  \
    rest /= p->extents[axis];                                               \
    place += index[axis] * (ACCESS)->strides[axis];                         \
  }                                                                         \
  const int32_t last = p->rank - 1;                                         \
  const int64_t step = (ACCESS)->strides[last];                             \
  for (int64_t done = 0; done < count;) {                                   \
    const int64_t run = least(p->extents[last] - index[last], count - done); \
    BODY                                                                    \
    done += run;                                                            \
    place -= index[last] * step;                                            \
    index[last] = 0;                                                        \
    for (int32_t axis = last - 1; axis >= 0; axis--) {                      \
      place += (ACCESS)->strides[axis];                                     \
      if (++index[axis] < p->extents[axis]) break;                          \
      place -= index[axis] * (ACCESS)->strides[axis];                       \
      index[axis] = 0;                                                      \
    }                                                                       \
  }

#define DEFINE_COPIES(TYPE, LOAD, STORE)                                                    \
  static void LOAD(const retort_program *p, const retort_access *access, int64_t start,     \
                   int64_t count, TYPE *y) {                                                \
    const TYPE *base = access->base;                                                        \
    WALK(access, {                                                                          \
      const TYPE *from = base + place;                                                      \
      TYPE *to = y + done;                                                                  \
      if (step == 1) {                                                                      \
        for (int64_t i = 0; i < run; i++) to[i] = from[i];                                  \
      } else if (step == 0) {                                                               \
        const TYPE value = from[0];                                                         \
        for (int64_t i = 0; i < run; i++) to[i] = value;                                    \
      } else {                                                                              \
        for (int64_t i = 0; i < run; i++) to[i] = from[i * step];                           \
      }                                                                                     \
    })                                                                                      \
  }                                                                                         \
  static void STORE(const retort_program *p, const retort_access *access, int64_t start,    \
                    int64_t count, const TYPE *x) {                                         \
    TYPE *base = access->base;                                                              \
    if (access->layout == retort_dense) {                                                   \
      memmove(base + start, x, (size_t)count * sizeof(TYPE));                               \
      return;                                                                               \
    }                                                                                       \
    WALK(access, {                                                                          \
      TYPE *to = base + place;                                                              \
      const TYPE *from = x + done;                                                          \
      if (step == 1) {                                                                      \
        for (int64_t i = 0; i < run; i++) to[i] = from[i];                                  \
      } else {                                                                              \
        for (int64_t i = 0; i < run; i++) to[i * step] = from[i];                           \
      }                                                                                     \
    })                                                                                      \
  }

DEFINE_COPIES(real, load_reals, store_reals)
DEFINE_COPIES(int32_t, load_integers, store_integers)
