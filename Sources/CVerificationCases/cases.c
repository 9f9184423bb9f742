// Embeds a selection of Tests/Goldens, at most 1 MB in all; no logic.
#include "verification_cases.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char cnn_adam_kd[] = {
#embed "../../Tests/Goldens/training/cnn_adam_kd.safetensors"
};
static const unsigned char encoder_adamw[] = {
#embed "../../Tests/Goldens/training/encoder_adamw.safetensors"
};
static const unsigned char inverted_residual_adamw[] = {
#embed "../../Tests/Goldens/training/inverted_residual_adamw.safetensors"
};
static const unsigned char resnet_sgd_nesterov[] = {
#embed "../../Tests/Goldens/training/resnet_sgd_nesterov.safetensors"
};
static const unsigned char tgt_first_order_normalised[] = {
#embed "../../Tests/Goldens/training/tgt_first_order_normalised.safetensors"
};
static const unsigned char kd[] = {
#embed "../../Tests/Goldens/losses/kd/case1.safetensors"
};
static const unsigned char kd_with_labels[] = {
#embed "../../Tests/Goldens/losses/kd_with_labels/case1.safetensors"
};

static const retort_verification_case cases[] = {
    {"training/cnn_adam_kd.safetensors", cnn_adam_kd, sizeof(cnn_adam_kd)},
    {"training/encoder_adamw.safetensors", encoder_adamw, sizeof(encoder_adamw)},
    {"training/inverted_residual_adamw.safetensors", inverted_residual_adamw,
     sizeof(inverted_residual_adamw)},
    {"training/resnet_sgd_nesterov.safetensors", resnet_sgd_nesterov, sizeof(resnet_sgd_nesterov)},
    {"training/tgt_first_order_normalised.safetensors", tgt_first_order_normalised,
     sizeof(tgt_first_order_normalised)},
    {"losses/kd/case1.safetensors", kd, sizeof(kd)},
    {"losses/kd_with_labels/case1.safetensors", kd_with_labels, sizeof(kd_with_labels)},
};

const retort_verification_case *retort_verification_cases(void) { return cases; }
size_t retort_verification_case_count(void) { return sizeof(cases) / sizeof(cases[0]); }
