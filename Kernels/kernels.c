// Embeds the OpenCL C sources; no logic. A new kernel file needs its three lines and its row here.
#include "kernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char prelude[] = {
#embed "prelude.cl"
    , 0};
static const char convolution_tiled[] = {
#embed "convolution/convolution_tiled.cl"
    , 0};
static const char matmul_tiled[] = {
#embed "matmul/matmul_tiled.cl"
    , 0};
static const char split_sum[] = {
#embed "matmul/split_sum.cl"
    , 0};

static const retort_kernel_source sources[] = {
    {"prelude", prelude},
    {"convolution/convolution_tiled", convolution_tiled},
    {"matmul/matmul_tiled", matmul_tiled},
    {"matmul/split_sum", split_sum},
};

const retort_kernel_source *retort_kernel_sources(void) { return sources; }
size_t retort_kernel_source_count(void) { return sizeof(sources) / sizeof(sources[0]); }
