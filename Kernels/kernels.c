// Embeds the OpenCL C sources; no logic. A new kernel file needs its three lines and its row here.
#include "kernels.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char prelude[] = {
#embed "prelude.cl"
    , 0};

static const retort_kernel_source sources[] = {
    {"prelude", prelude},
};

const retort_kernel_source *retort_kernel_sources(void) { return sources; }
size_t retort_kernel_source_count(void) { return sizeof(sources) / sizeof(sources[0]); }
