// The interpreter of element-wise programs: one loop per instruction over a block of positions.
//
// Scratch: the table of register pointers, then `slot_count` blocks. Registers that hold one value
// for all positions, or one row for all rows, are filled once, by prepare.

#define SLOT_ELEMENTS ((int64_t)RETORT_BLOCK + RETORT_PERIOD)
#define SLOT_BYTES (SLOT_ELEMENTS * (int64_t)sizeof(real))

INLINE void **registers_of(void *scratch) { return scratch; }

INLINE char *slot_of(const retort_program *p, void *scratch, int32_t slot) {
  const int64_t table = ((int64_t)p->instruction_count * (int64_t)sizeof(void *) + 63) / 64 * 64;
  return (char *)scratch + table + slot * SLOT_BYTES;
}

#define FILL(TYPE, VALUE)                                     \
  {                                                           \
    const TYPE value = (TYPE)(VALUE);                         \
    TYPE *y = memory;                                         \
    for (int64_t i = 0; i < RETORT_BLOCK; i++) y[i] = value;  \
  }
#define FILL_ROWS(TYPE)                                                               \
  {                                                                                   \
    const TYPE *x = access->base;                                                     \
    TYPE *y = memory;                                                                 \
    const int64_t period = p->extents[p->rank - 1], step = access->strides[p->rank - 1]; \
    for (int64_t i = 0; i < period; i++) y[i] = x[i * step];                          \
    for (int64_t i = period; i < SLOT_ELEMENTS; i++) y[i] = y[i - period];            \
  }

static void prepare(const retort_program *p, void *scratch) {
  for (int32_t number = 0; number < p->instruction_count; number++) {
    const retort_instruction *it = &p->instructions[number];
    if (it->slot < 0) continue;
    void *memory = slot_of(p, scratch, it->slot);
    registers_of(scratch)[number] = memory;
    if (it->operation == retort_fill) {
      if (it->is_integer) FILL(int32_t, it->constant) else FILL(real, it->constant)
    } else if (it->operation == retort_load) {
      const retort_access *access = &p->operands[it->a];
      const void *base = access->base;
      if (access->layout == retort_repeated) {
        if (it->is_integer) FILL(int32_t, *(const int32_t *)base)
        else FILL(real, *(const real *)base)
      } else if (access->layout == retort_periodic) {
        if (it->is_integer) FILL_ROWS(int32_t) else FILL_ROWS(real)
      }
    }
  }
}

#define UNARY(NAME, TYPE, EXPRESSION)                                     \
  case NAME: {                                                            \
    const TYPE *a = registers[it->a];                                     \
    TYPE *y = memory;                                                     \
    PARALLEL for (int64_t i = 0; i < count; i++) {                        \
      const TYPE x = a[i];                                                \
      y[i] = (TYPE)(EXPRESSION);                                          \
    }                                                                     \
    return;                                                               \
  }
#define BINARY(NAME, TYPE, EXPRESSION)                                    \
  case NAME: {                                                            \
    const TYPE *a = registers[it->a], *b = registers[it->b];              \
    TYPE *out = memory;                                                   \
    PARALLEL for (int64_t i = 0; i < count; i++) {                        \
      const TYPE x = a[i], y = b[i];                                      \
      out[i] = (TYPE)(EXPRESSION);                                        \
    }                                                                     \
    return;                                                               \
  }
#define SELECT(TYPE)                                                      \
  case retort_select: {                                                   \
    const TYPE *a = registers[it->a], *b = registers[it->b];              \
    const TYPE *c = registers[it->c];                                     \
    TYPE *y = memory;                                                     \
    PARALLEL for (int64_t i = 0; i < count; i++) y[i] = a[i] != 0 ? b[i] : c[i]; \
    return;                                                               \
  }

INLINE int32_t truncated(real x) {
  return x != x ? 0 : x >= (real)2147483648.0 ? INT32_MAX : x < (real)-2147483648.0 ? INT32_MIN
                                                                                    : (int32_t)x;
}

static void compute_reals(const retort_instruction *it, void **registers, void *memory,
                          int64_t count) {
  switch (it->operation) {
    UNARY(retort_negate, real, -x)
    UNARY(retort_absolute, real, __builtin_elementwise_abs(x))
    UNARY(retort_exp, real, exp_real(x))
    UNARY(retort_expm1, real, LIBM(expm1)(x))
    UNARY(retort_log, real, log_real(x))
    UNARY(retort_log1p, real, log1p_real(x))
    UNARY(retort_sqrt, real, sqrt_real(x))
    UNARY(retort_rsqrt, real, 1 / sqrt_real(x))
    UNARY(retort_reciprocal, real, 1 / x)
    UNARY(retort_square, real, x * x)
    UNARY(retort_tanh, real, tanh_real(x))
    UNARY(retort_sigmoid, real, sigmoid_real(x))
    UNARY(retort_erf, real, erf_real(x))
    UNARY(retort_relu, real, x < 0 ? 0 : x)
    UNARY(retort_sign, real, x > 0 ? 1 : x < 0 ? -1 : x)
    UNARY(retort_floor, real, __builtin_elementwise_floor(x))
    UNARY(retort_sin, real, LIBM(sin)(x))
    UNARY(retort_cos, real, LIBM(cos)(x))
    UNARY(retort_is_positive, real, x > 0)
    BINARY(retort_add, real, x + y)
    BINARY(retort_subtract, real, x - y)
    BINARY(retort_multiply, real, x * y)
    BINARY(retort_divide, real, x / y)
    BINARY(retort_maximum, real, larger(x, y))
    BINARY(retort_minimum, real, smaller(x, y))
    BINARY(retort_power, real, LIBM(pow)(x, y))
    BINARY(retort_greater, real, x > y)
    BINARY(retort_greater_or_equal, real, x >= y)
    BINARY(retort_equal, real, x == y)
    SELECT(real)
    case retort_to_real: {
      const int32_t *a = registers[it->a];
      real *y = memory;
      for (int64_t i = 0; i < count; i++) y[i] = (real)a[i];
      return;
    }
    default: return;
  }
}

// Sums and products wrap around.
#define WRAPPED(OPERATOR) (int32_t)((uint32_t)x OPERATOR(uint32_t) y)

static void compute_integers(const retort_instruction *it, void **registers, void *memory,
                             int64_t count) {
  switch (it->operation) {
    UNARY(retort_negate, int32_t, -(uint32_t)x)
    UNARY(retort_absolute, int32_t, x < 0 ? -(uint32_t)x : (uint32_t)x)
    UNARY(retort_square, int32_t, (uint32_t)x * (uint32_t)x)
    UNARY(retort_relu, int32_t, x < 0 ? 0 : x)
    UNARY(retort_sign, int32_t, x > 0 ? 1 : x < 0 ? -1 : 0)
    UNARY(retort_floor, int32_t, x)
    UNARY(retort_is_positive, int32_t, x > 0)
    BINARY(retort_add, int32_t, WRAPPED(+))
    BINARY(retort_subtract, int32_t, WRAPPED(-))
    BINARY(retort_multiply, int32_t, WRAPPED(*))
    BINARY(retort_maximum, int32_t, x > y ? x : y)
    BINARY(retort_minimum, int32_t, x < y ? x : y)
    BINARY(retort_greater, int32_t, x > y)
    BINARY(retort_greater_or_equal, int32_t, x >= y)
    BINARY(retort_equal, int32_t, x == y)
    SELECT(int32_t)
    case retort_to_integer: {
      const real *a = registers[it->a];
      int32_t *y = memory;
      for (int64_t i = 0; i < count; i++) y[i] = truncated(a[i]);
      return;
    }
    default: return;
  }
}

// Leaves in the register table the values at positions start..<start + count, count ≤ one block.
static void evaluate(const retort_program *p, int64_t start, int64_t count,
                     const real *accumulator, void *scratch) {
  void **registers = registers_of(scratch);
  for (int32_t number = 0; number < p->instruction_count; number++) {
    const retort_instruction *it = &p->instructions[number];
    const int64_t size = it->is_integer ? (int64_t)sizeof(int32_t) : (int64_t)sizeof(real);
    void *memory = it->slot >= 0 ? slot_of(p, scratch, it->slot) : NULL;
    if (it->result >= 0) memory = (char *)p->results[it->result].base + start * size;
    if (memory) registers[number] = memory;
    switch (it->operation) {
      case retort_fill: break;
      case retort_accumulator: registers[number] = (void *)accumulator; break;
      case retort_load: {
        const retort_access *access = &p->operands[it->a];
        if (access->layout == retort_repeated) break;
        if (access->layout == retort_periodic) {
          registers[number] = (char *)memory + start % p->extents[p->rank - 1] * size;
          break;
        }
        if (!memory) {
          registers[number] = (char *)access->base + start * size;
        } else if (it->is_integer) {
          load_integers(p, access, start, count, memory);
        } else {
          load_reals(p, access, start, count, memory);
        }
        break;
      }
      default:
        if (it->is_integer) {
          compute_integers(it, registers, memory, count);
        } else {
          compute_reals(it, registers, memory, count);
        }
    }
  }
}

static void store_results(const retort_program *p, int64_t start, int64_t count, void *scratch) {
  void **registers = registers_of(scratch);
  for (int32_t result = 0; result < p->result_count; result++) {
    const int32_t number = p->result_registers[result];
    if (p->instructions[number].result == result) continue;
    const retort_access *access = &p->results[result];
    if (access->is_integer) {
      store_integers(p, access, start, count, registers[number]);
    } else {
      store_reals(p, access, start, count, registers[number]);
    }
  }
}

static void pointwise(const retort_program *p, int64_t start, int64_t end, void *scratch) {
  prepare(p, scratch);
  for (int64_t at = start; at < end; at += RETORT_BLOCK) {
    const int64_t count = least(RETORT_BLOCK, end - at);
    evaluate(p, at, count, NULL, scratch);
    store_results(p, at, count, scratch);
  }
}

// The epilogue over `count` finished values; prepare has been called.
static void finish_values(const retort_program *p, const real *values, int64_t start,
                          int64_t count, void *scratch) {
  for (int64_t at = 0; at < count; at += RETORT_BLOCK) {
    const int64_t piece = least(RETORT_BLOCK, count - at);
    evaluate(p, start + at, piece, values + at, scratch);
    store_results(p, start + at, piece, scratch);
  }
}

static void store_values(const retort_program *p, const void *values, int64_t start, int64_t count,
                         void *scratch) {
  prepare(p, scratch);
  finish_values(p, values, start, count, scratch);
}
