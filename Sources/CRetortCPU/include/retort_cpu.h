// The hot loops of the CPU backend, in float32 and float64, for several instruction sets.
//
// Every loop works on a part of its problem that the caller chooses, so that the caller decides how
// work is spread over threads. Elements of type "real" are float or double, by the table in use.
#pragma once

#include <stdint.h>

#pragma clang assume_nonnull begin

// Elements that the interpreter of element-wise programs handles at a time.
enum { RETORT_BLOCK = 512 };

// The longest last axis of operands that repeat along all others and are kept in scratch.
enum { RETORT_PERIOD = 256 };

// The most axes of an iteration space.
enum { RETORT_AXES = 8 };

typedef enum {
  retort_negate,
  retort_absolute,
  retort_exp,
  retort_expm1,
  retort_log,
  retort_log1p,
  retort_sqrt,
  retort_rsqrt,
  retort_reciprocal,
  retort_square,
  retort_tanh,
  retort_sigmoid,
  retort_erf,
  retort_relu,
  retort_sign,
  retort_floor,
  retort_sin,
  retort_cos,
  retort_is_positive,
  retort_to_real,     // int32 to real
  retort_to_integer,  // real to int32, toward zero, saturating; NaN gives 0
  retort_add,
  retort_subtract,
  retort_multiply,
  retort_divide,
  retort_maximum,  // NaN if either operand is
  retort_minimum,
  retort_power,
  retort_greater,
  retort_greater_or_equal,
  retort_equal,
  retort_select,       // a ≠ 0 ? b : c
  retort_load,         // a is the operand
  retort_fill,         // constant
  retort_accumulator,  // what the enclosing contraction has computed
} retort_operation;

typedef enum {
  retort_dense,     // in the order of the iteration space
  retort_repeated,  // one element for all positions
  retort_periodic,  // the same along all axes but the last, which has at most RETORT_PERIOD
  retort_strided,
} retort_layout;

// How an operand or result lies in memory as seen from the iteration space; strides in elements.
typedef struct {
  void *base;
  int64_t strides[RETORT_AXES];
  retort_layout layout;
  int32_t is_integer;
} retort_access;

// Defines the register of its own number; a, b, c are earlier registers (or an operand).
typedef struct {
  retort_operation operation;
  int32_t a, b, c;
  int32_t is_integer;  // the type of the register
  int32_t slot;        // the scratch block that holds it, or -1
  int32_t result;      // the result that it is written to directly, or -1
  double constant;
} retort_instruction;

typedef struct {
  int32_t rank;
  int64_t extents[RETORT_AXES];
  int32_t instruction_count, slot_count, result_count;
  const retort_access *operands;
  const retort_instruction *instructions;
  const retort_access *results;
  const int32_t *result_registers;
} retort_program;

typedef enum { retort_sum, retort_largest, retort_smallest } retort_reduction;

// The rows of an image matrix: row (image·rows_y + y)·rows_x + x, column tap·channels + channel,
// holds source pixel (y·step_y + dy, x·step_x + dx) of the tap, or zero outside the image. Taps
// come in lines of neighbours, along which dx grows by one.
typedef struct {
  int64_t rows_y, rows_x, step_y, step_x;
  int64_t height, width, pixel_stride, channels;
  int64_t line_count;
  const int32_t *_Nullable lines;  // dy, dx of the first tap, number of taps
} retort_patches;

// One side of a product: element (i, k) at base[i·stride + k·stride_k], or rows of patches.
typedef struct {
  const void *base;
  int64_t stride, stride_k, batch_stride;
  const retort_patches *_Nullable patches;
} retort_factor;

// Where row i of a product lies in the iteration space of its epilogue.
typedef struct {
  int64_t base, rows_y, rows_x, stride_batch, stride_image, stride_y, stride_x;
} retort_rows;

typedef struct {
  int64_t m, n, k, batch;
  int64_t tile_m, tile_n, split_k, splits;
  retort_factor a, b;
  retort_rows rows;
  void *_Nullable partials;  // [splits][batch][m][n] where splits > 1
  const retort_program *epilogue;
} retort_product;

typedef struct {
  int64_t images, height, width, channels, out_height, out_width;
  int64_t window_height, window_width, stride_y, stride_x, pad_top, pad_left;
  int64_t pad_bottom, pad_right, counts_padding;
} retort_pooling;

typedef struct {
  int64_t images, height, width, channels, out_height, out_width, multiplier;
  int64_t kernel_height, kernel_width, stride_y, stride_x, pad_top, pad_left;
  int64_t dilation_y, dilation_x;
} retort_depthwise;

typedef enum {
  retort_forward_kl,
  retort_reverse_kl,
  retort_jensen_shannon,
  retort_probability_l2,
  retort_direction,
  retort_cosine,
} retort_divergence;

typedef struct {
  retort_divergence kind;
  double beta, temperature;
  double floor;  // the least length of vectors
  int64_t columns, upstream_stride;
  const void *student, *teacher;
  const void *_Nullable upstream;
  void *_Nullable loss, *_Nullable student_gradient, *_Nullable teacher_gradient;
} retort_divergence_rows;

typedef struct {
  double smoothing;
  int64_t columns, upstream_stride;
  const void *logits;
  const int32_t *labels;
  const void *_Nullable upstream;
  void *_Nullable loss, *_Nullable gradient;
} retort_cross_entropy_rows;

typedef struct {
  void *_Nullable parameters;
  const void *_Nullable gradient;
  void *_Nullable first, *_Nullable second, *_Nullable largest;  // moments
  const void *_Nullable decaying;  // what each parameter's decay is multiplied by, if not 1
  void *_Nullable velocity, *_Nullable average;
  double learning_rate, weight_decay, momentum, nesterov;
  double fresh;  // of the gradient in the velocity
  double beta1, beta2, epsilon, bias1, bias2, decoupled;
  double scale, limit;  // what multiplies gradients, and their largest magnitude after that
  double share;         // of the parameters in the average
} retort_update;

// What comes into a picture that is moved.
typedef enum { retort_padding_zero, retort_padding_edge, retort_padding_reflect } retort_padding;

typedef struct {
  int64_t height, width, channels;
  int64_t cutout;  // the side of the square that is cut out
  retort_padding padding;
} retort_augmentation;

// The functions for one element type and instruction set. Ranges are half open.
typedef struct {
  int64_t tile_rows, tile_columns, depth;  // the register tile of products, and their k-block

  // Element-wise programs. Scratch: retort_program_scratch bytes.
  void (*pointwise)(const retort_program *p, int64_t start, int64_t end, void *scratch);
  // Partial results: accumulators[result][segment][inner] of segments start..<end, of which each
  // outer index has `segments`, each `length` of the reduced axis.
  void (*reduce)(const retort_program *p, const retort_reduction *operations, int64_t reduced,
                 int64_t inner, int64_t segments, int64_t length, int64_t segment_count,
                 int64_t start, int64_t end, double *accumulators, void *scratch);
  void (*reduce_finish)(retort_reduction operation, int64_t segments, int64_t inner, int64_t start,
                        int64_t end, const double *accumulators, void *y);

  // Sums of columns start..<end of rows: of x, or of (x - mean)² where mean is given.
  void (*column_sums)(const void *x, int64_t columns, int64_t start, int64_t end,
                      const double *_Nullable mean, double *sums);
  void (*row_moments)(const void *x, int64_t rows, int64_t columns, double epsilon, int64_t start,
                      int64_t end, void *y);
  void (*column_moments)(const double *mean, const double *variance, int64_t columns,
                         double epsilon, void *y);

  // Products. Task: ((batch · splits + split) · row tiles + row tile) · column tiles + column tile.
  int64_t (*product_scratch)(const retort_product *p);
  void (*product)(const retort_product *p, int64_t task, void *scratch);
  void (*product_finish)(const retort_product *p, int64_t start, int64_t end, void *scratch);
  // y[(tap·outputs + o)·channels + c] = w[o·stride_o + taps[tap]·channels + c].
  void (*rearrange_weights)(const void *w, int64_t outputs, int64_t stride_o, int64_t channels,
                            int64_t tap_count, const int32_t *taps, void *y);
  // y = xᵀ, x [rows, columns].
  void (*transpose)(const void *x, int64_t rows, int64_t columns, void *y);
  // One image; y before the epilogue. Weights and weight gradients are [kh, kw, out].
  void (*depthwise_forward)(const retort_depthwise *g, const void *x, const void *w, int64_t image,
                            void *y);
  void (*depthwise_input)(const retort_depthwise *g, const void *gradient, const void *w,
                          int64_t image, void *dx);
  void (*depthwise_weight)(const retort_depthwise *g, const void *x, const void *gradient,
                           int64_t image_start, int64_t image_end, double *sums);
  // The epilogue over a piece of a finished product that starts at `start`.
  void (*store)(const retort_program *p, const void *values, int64_t start, int64_t count,
                void *scratch);

  // Pooling of images start..<end.
  void (*max_pool)(const retort_pooling *g, const void *x, int64_t start, int64_t end, void *y);
  void (*max_pool_backward)(const retort_pooling *g, const void *x, const void *gradient,
                            int64_t start, int64_t end, void *dx);
  void (*max_pool_select)(const retort_pooling *g, const void *x, const void *v, int64_t start,
                          int64_t end, void *y);
  void (*average_pool)(const retort_pooling *g, const void *x, int64_t start, int64_t end, void *y);
  void (*average_pool_backward)(const retort_pooling *g, const void *gradient, int64_t start,
                                int64_t end, void *dx);

  // Rows start..<end.
  void (*gather)(const void *table, const int32_t *ids, int64_t rows, int64_t columns,
                 int64_t start, int64_t end, void *y);
  // Table rows start..<end, which receive what `count` ids send them.
  void (*scatter_add)(const int32_t *ids, const void *gradient, int64_t columns, int64_t count,
                      int64_t start, int64_t end, void *table);
  void (*argmax)(const void *x, int64_t columns, int64_t start, int64_t end, int32_t *y);
  void (*softmax)(const void *x, int64_t columns, int64_t start, int64_t end, void *y);
  void (*log_softmax)(const void *x, int64_t columns, int64_t start, int64_t end, void *y);
  void (*softmax_backward)(const void *y, const void *gradient, int64_t columns, int64_t start,
                           int64_t end, void *dx);
  void (*log_softmax_backward)(const void *y, const void *gradient, int64_t columns, int64_t start,
                               int64_t end, void *dx);
  void (*cross_entropy)(const retort_cross_entropy_rows *p, int64_t start, int64_t end);
  // Scratch: 4 · columns doubles.
  void (*divergence)(const retort_divergence_rows *p, int64_t start, int64_t end, double *scratch);

  // Elements start..<end; start is a multiple of 4.
  void (*random_uniform)(const int32_t *state, uint32_t stream, int64_t start, int64_t end,
                         void *y);
  void (*random_normal)(const int32_t *state, uint32_t stream, int64_t start, int64_t end, void *y);
  void (*latent_step)(const void *z, const void *gradient, const void *size, int64_t size_stride,
                      int64_t normalised, int64_t columns, int64_t start, int64_t end, void *y);
  void (*sgd)(const retort_update *u, int64_t start, int64_t end);
  void (*adam)(const retort_update *u, int64_t start, int64_t end);
  void (*rmsprop)(const retort_update *u, int64_t start, int64_t end);
  void (*average)(const retort_update *u, int64_t start, int64_t end);

  // Pictures start..<end; moves are down, right, mirrored, cut top, cut left; table [channels, 256].
  void (*augment)(const retort_augmentation *g, const uint8_t *x, const int32_t *moves,
                  const void *table, int64_t start, int64_t end, void *y);

  void (*widen)(const float *x, int64_t count, void *y);
  void (*narrow)(const void *x, int64_t count, float *y);
} retort_kernels;

typedef enum {
  retort_baseline,  // what every processor of this architecture has
  retort_avx2,      // x86-64-v3
  retort_avx512,    // x86-64-v4
} retort_instruction_set;

// The functions for an element type; null where this processor lacks the instruction set.
const retort_kernels *_Nullable retort_kernels_float(retort_instruction_set set);
const retort_kernels *_Nullable retort_kernels_double(retort_instruction_set set);

// Bytes of scratch that a program's evaluation needs.
int64_t retort_program_scratch(const retort_program *p);

#pragma clang assume_nonnull end
