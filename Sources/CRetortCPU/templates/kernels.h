// The function table for one element type and instruction set. The including file defines REAL,
// REAL_IS_FLOAT, TABLE, VECTOR_BYTES, TILE_ROWS and, off the baseline, TARGET.
#include <math.h>
#include <string.h>

#include "retort_cpu.h"

typedef REAL real;

// Loops that call the C library stay scalar; the hints on them are for the float32 tables.
#pragma clang diagnostic ignored "-Wpass-failed"

#ifdef TARGET
#pragma clang attribute push(__attribute__((target(TARGET))), apply_to = function)
#endif

#include "functions.h"

#include "access.h"

#include "pointwise.h"

#include "reduction.h"

#include "patches.h"

#include "product.h"

#include "depthwise.h"

#include "pooling.h"

#include "rows.h"

#include "losses.h"

#include "training.h"

#include "augment.h"

#ifdef TARGET
#pragma clang attribute pop
#endif

const retort_kernels TABLE = {
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .depth = DEPTH,
    .pointwise = pointwise,
    .reduce = reduce,
    .reduce_finish = reduce_finish,
    .column_sums = column_sums,
    .row_moments = row_moments,
    .column_moments = column_moments,
    .product_scratch = product_scratch,
    .product = product,
    .product_finish = product_finish,
    .rearrange_weights = rearrange_weights,
    .transpose = transpose,
    .depthwise_forward = depthwise_forward,
    .depthwise_input = depthwise_input,
    .depthwise_weight = depthwise_weight,
    .store = store_values,
    .max_pool = max_pool,
    .max_pool_backward = max_pool_backward,
    .max_pool_select = max_pool_select,
    .average_pool = average_pool,
    .average_pool_backward = average_pool_backward,
    .gather = gather,
    .scatter_add = scatter_add,
    .argmax = argmax,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_backward = softmax_backward,
    .log_softmax_backward = log_softmax_backward,
    .cross_entropy = cross_entropy,
    .divergence = divergence,
    .random_uniform = random_uniform,
    .random_normal = random_normal,
    .latent_step = latent_step,
    .sgd = sgd,
    .adam = adam,
    .rmsprop = rmsprop,
    .average = average,
    .augment = augment,
    .widen = widen,
    .narrow = narrow,
};
