// Embeds the bundled recipes; no logic. A new recipe needs its three lines and its row here.
#include "recipes.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char fashion_bigan[] = {
#embed "fashion-bigan.yaml"
    , 0};
static const char fashion_budget[] = {
#embed "fashion-budget.yaml"
    , 0};
static const char fashion_chain[] = {
#embed "fashion-chain.yaml"
    , 0};
static const char fashion_demo[] = {
#embed "fashion-demo.yaml"
    , 0};
static const char fashion_ensemble[] = {
#embed "fashion-ensemble.yaml"
    , 0};
static const char fashion_gan[] = {
#embed "fashion-gan.yaml"
    , 0};
static const char fashion_hint[] = {
#embed "fashion-hint.yaml"
    , 0};
static const char fashion_kd[] = {
#embed "fashion-kd.yaml"
    , 0};
static const char fashion_labels[] = {
#embed "fashion-labels.yaml"
    , 0};
static const char fashion_long_tail[] = {
#embed "fashion-long-tail.yaml"
    , 0};
static const char fashion_losses[] = {
#embed "fashion-losses.yaml"
    , 0};
static const char fashion_mutual[] = {
#embed "fashion-mutual.yaml"
    , 0};
static const char fashion_models[] = {
#embed "fashion-models.yaml"
    , 0};
static const char fashion_methods[] = {
#embed "fashion-methods.yaml"
    , 0};
static const char fashion_resnet32[] = {
#embed "fashion-resnet32.yaml"
    , 0};
static const char fashion_search[] = {
#embed "fashion-search.yaml"
    , 0};
static const char fashion_tgt[] = {
#embed "fashion-tgt.yaml"
    , 0};
static const char minilm_debian[] = {
#embed "minilm-debian.yaml"
    , 0};
static const char photos_hint[] = {
#embed "photos-hint.yaml"
    , 0};
static const char retrieval_debian[] = {
#embed "retrieval-debian.yaml"
    , 0};
static const char text_kd[] = {
#embed "text-kd.yaml"
    , 0};
static const char text_tgt[] = {
#embed "text-tgt.yaml"
    , 0};

static const retort_bundled_recipe recipes[] = {
    {"fashion-bigan", fashion_bigan},
    {"fashion-budget", fashion_budget},
    {"fashion-chain", fashion_chain},
    {"fashion-demo", fashion_demo},
    {"fashion-ensemble", fashion_ensemble},
    {"fashion-gan", fashion_gan},
    {"fashion-hint", fashion_hint},
    {"fashion-kd", fashion_kd},
    {"fashion-labels", fashion_labels},
    {"fashion-long-tail", fashion_long_tail},
    {"fashion-losses", fashion_losses},
    {"fashion-methods", fashion_methods},
    {"fashion-mutual", fashion_mutual},
    {"fashion-models", fashion_models},
    {"fashion-resnet32", fashion_resnet32},
    {"fashion-search", fashion_search},
    {"fashion-tgt", fashion_tgt},
    {"minilm-debian", minilm_debian},
    {"photos-hint", photos_hint},
    {"retrieval-debian", retrieval_debian},
    {"text-kd", text_kd},
    {"text-tgt", text_tgt},
};

const retort_bundled_recipe *retort_bundled_recipes(void) { return recipes; }
size_t retort_bundled_recipe_count(void) { return sizeof(recipes) / sizeof(recipes[0]); }
