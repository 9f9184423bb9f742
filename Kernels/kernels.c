// Embeds the OpenCL C sources; no logic. A new kernel file needs its three lines and its row here.
#include "kernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char prelude[] = {
#embed "prelude.cl"
    , 0};
static const char augment[] = {
#embed "augmentation/augment.cl"
    , 0};
static const char convolution_tiled[] = {
#embed "convolution/convolution_tiled.cl"
    , 0};
static const char matmul_tiled[] = {
#embed "matmul/matmul_tiled.cl"
    , 0};
static const char emulated_core[] = {
#embed "matmul/emulated_core.cl"
    , 0};
static const char mfma_core[] = {
#embed "matmul/mfma_core.cl"
    , 0};
static const char mma_core[] = {
#embed "matmul/mma_core.cl"
    , 0};
static const char dpas_core[] = {
#embed "matmul/dpas_core.cl"
    , 0};
static const char wmma_core[] = {
#embed "matmul/wmma_core.cl"
    , 0};
static const char matrix_core[] = {
#embed "matmul/matrix_core.cl"
    , 0};
static const char combine_core[] = {
#embed "matmul/combine_core.cl"
    , 0};
static const char combine_statistics[] = {
#embed "matmul/combine_statistics.cl"
    , 0};
static const char last_group_core[] = {
#embed "matmul/last_group_core.cl"
    , 0};
static const char statistics_core[] = {
#embed "matmul/statistics_core.cl"
    , 0};
static const char tile_core[] = {
#embed "matmul/tile_core.cl"
    , 0};
static const char split_sum[] = {
#embed "matmul/split_sum.cl"
    , 0};

static const char elementwise_probe_copy[] = {
#embed "elementwise/probe_copy.cl"
    , 0};
static const char elementwise_probe_fence[] = {
#embed "elementwise/probe_fence.cl"
    , 0};
static const char elementwise_probe_features[] = {
#embed "elementwise/probe_features.cl"
    , 0};
static const char elementwise_probe_fma[] = {
#embed "elementwise/probe_fma.cl"
    , 0};
static const char elementwise_probe_forms[] = {
#embed "elementwise/probe_forms.cl"
    , 0};

static const char softmax_cross_entropy[] = {
#embed "distillation/softmax_cross_entropy.cl"
    , 0};
static const char divergence_core[] = {
#embed "distillation/divergence_core.cl"
    , 0};
static const char row_outputs_core[] = {
#embed "distillation/row_outputs_core.cl"
    , 0};
static const char direction_distance[] = {
#embed "distillation/direction_distance.cl"
    , 0};
static const char softmax_divergence[] = {
#embed "distillation/softmax_divergence.cl"
    , 0};
static const char latent_step[] = {
#embed "latent/latent_step.cl"
    , 0};
static const char softmax[] = {
#embed "normalization/softmax.cl"
    , 0};
static const char update_core[] = {
#embed "optimizer/update_core.cl"
    , 0};
static const char optimizer[] = {
#embed "optimizer/optimizer.cl"
    , 0};
static const char philox[] = {
#embed "random/philox.cl"
    , 0};
static const char elementwise_functions[] = {
#embed "elementwise/functions.cl"
    , 0};
static const char elementwise_pointwise[] = {
#embed "elementwise/pointwise.cl"
    , 0};
static const char reduce_along_vector[] = {
#embed "reduction/reduce_along_vector.cl"
    , 0};
static const char reduce_across_vector[] = {
#embed "reduction/reduce_across_vector.cl"
    , 0};
static const char reduce_tiled[] = {
#embed "reduction/reduce_tiled.cl"
    , 0};
static const char depthwise_tiled[] = {
#embed "convolution/depthwise_tiled.cl"
    , 0};
static const char gather_rows[] = {
#embed "embedding/gather_rows.cl"
    , 0};
static const char scatter_add[] = {
#embed "embedding/scatter_add.cl"
    , 0};
static const char average_pool[] = {
#embed "pooling/average_pool.cl"
    , 0};
static const char max_pool[] = {
#embed "pooling/max_pool.cl"
    , 0};
static const char argmax[] = {
#embed "reduction/argmax.cl"
    , 0};
static const char convolution_narrow_vector[] = {
#embed "convolution/convolution_narrow_vector.cl"
    , 0};
static const char convolution_pack_vector[] = {
#embed "convolution/convolution_pack_vector.cl"
    , 0};
static const char convolution_vector[] = {
#embed "convolution/convolution_vector.cl"
    , 0};
static const char convolution_weight_gradient_vector[] = {
#embed "convolution/convolution_weight_gradient_vector.cl"
    , 0};
static const char convolution_weight_sum_vector[] = {
#embed "convolution/convolution_weight_sum_vector.cl"
    , 0};
static const char depthwise_vector[] = {
#embed "convolution/depthwise_vector.cl"
    , 0};
static const char matmul_vector[] = {
#embed "matmul/matmul_vector.cl"
    , 0};
static const char moments_core[] = {
#embed "reduction/moments_core.cl"
    , 0};
static const char moments_vector[] = {
#embed "reduction/moments_vector.cl"
    , 0};
static const char moments_tiled[] = {
#embed "reduction/moments_tiled.cl"
    , 0};
static const char padded_core[] = {
#embed "convolution/padded_core.cl"
    , 0};
static const char winograd_inputs[] = {
#embed "convolution/winograd_inputs.cl"
    , 0};
static const char winograd_transforms[] = {
#embed "convolution/winograd_transforms.cl"
    , 0};
static const char winograd_vector[] = {
#embed "convolution/winograd_vector.cl"
    , 0};
static const char winograd_weight_gradient_vector[] = {
#embed "convolution/winograd_weight_gradient_vector.cl"
    , 0};
static const char winograd_weights_vector[] = {
#embed "convolution/winograd_weights_vector.cl"
    , 0};

static const retort_kernel_source sources[] = {
    {"prelude", prelude},
    {"augmentation/augment", augment},
    {"convolution/convolution_narrow_vector", convolution_narrow_vector},
    {"convolution/convolution_pack_vector", convolution_pack_vector},
    {"convolution/convolution_vector", convolution_vector},
    {"convolution/convolution_weight_gradient_vector", convolution_weight_gradient_vector},
    {"convolution/convolution_weight_sum_vector", convolution_weight_sum_vector},
    {"convolution/depthwise_vector", depthwise_vector},
    {"convolution/padded_core", padded_core},
    {"convolution/winograd_inputs", winograd_inputs},
    {"convolution/winograd_transforms", winograd_transforms},
    {"convolution/winograd_vector", winograd_vector},
    {"convolution/winograd_weight_gradient_vector", winograd_weight_gradient_vector},
    {"convolution/winograd_weights_vector", winograd_weights_vector},
    {"matmul/matmul_vector", matmul_vector},
    {"distillation/softmax_cross_entropy", softmax_cross_entropy},
    {"distillation/divergence_core", divergence_core},
    {"distillation/row_outputs_core", row_outputs_core},
    {"distillation/direction_distance", direction_distance},
    {"distillation/softmax_divergence", softmax_divergence},
    {"latent/latent_step", latent_step},
    {"normalization/softmax", softmax},
    {"optimizer/update_core", update_core},
    {"optimizer/optimizer", optimizer},
    {"random/philox", philox},
    {"convolution/convolution_tiled", convolution_tiled},
    {"matmul/matmul_tiled", matmul_tiled},
    {"matmul/emulated_core", emulated_core},
    {"matmul/mfma_core", mfma_core},
    {"matmul/mma_core", mma_core},
    {"matmul/dpas_core", dpas_core},
    {"matmul/wmma_core", wmma_core},
    {"matmul/matrix_core", matrix_core},
    {"matmul/combine_core", combine_core},
    {"matmul/combine_statistics", combine_statistics},
    {"matmul/last_group_core", last_group_core},
    {"matmul/statistics_core", statistics_core},
    {"matmul/tile_core", tile_core},
    {"matmul/split_sum", split_sum},
    {"elementwise/probe_copy", elementwise_probe_copy},
    {"elementwise/probe_fence", elementwise_probe_fence},
    {"elementwise/probe_features", elementwise_probe_features},
    {"elementwise/probe_fma", elementwise_probe_fma},
    {"elementwise/probe_forms", elementwise_probe_forms},
    {"elementwise/functions", elementwise_functions},
    {"elementwise/pointwise", elementwise_pointwise},
    {"reduction/reduce_along_vector", reduce_along_vector},
    {"reduction/reduce_across_vector", reduce_across_vector},
    {"reduction/reduce_tiled", reduce_tiled},
    {"convolution/depthwise_tiled", depthwise_tiled},
    {"embedding/gather_rows", gather_rows},
    {"embedding/scatter_add", scatter_add},
    {"pooling/average_pool", average_pool},
    {"pooling/max_pool", max_pool},
    {"reduction/argmax", argmax},
    {"reduction/moments_core", moments_core},
    {"reduction/moments_vector", moments_vector},
    {"reduction/moments_tiled", moments_tiled},
};

const retort_kernel_source *retort_kernel_sources(void) { return sources; }
size_t retort_kernel_source_count(void) { return sizeof(sources) / sizeof(sources[0]); }
