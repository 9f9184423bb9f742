// Elementary functions of one real, written so that loops over them become vector code.

#if REAL_IS_FLOAT
#define LIBM(name) name##f
#else
#define LIBM(name) name
#endif

#define INLINE static inline __attribute__((always_inline))
#define PARALLEL _Pragma("clang loop vectorize(assume_safety)")

INLINE real exp_real(real x) { return LIBM(exp)(x); }
INLINE real log_real(real x) { return LIBM(log)(x); }
INLINE real tanh_real(real x) { return LIBM(tanh)(x); }
INLINE real erf_real(real x) { return LIBM(erf)(x); }
INLINE real sqrt_real(real x) { return __builtin_elementwise_sqrt(x); }
INLINE real sigmoid_real(real x) { return 1 / (1 + exp_real(-x)); }

// The larger, NaN if either is.
INLINE real larger(real x, real y) { return x > y || x != x ? x : y; }
INLINE real smaller(real x, real y) { return x < y || x != x ? x : y; }

INLINE int64_t least(int64_t x, int64_t y) { return x < y ? x : y; }
INLINE int64_t most(int64_t x, int64_t y) { return x > y ? x : y; }
