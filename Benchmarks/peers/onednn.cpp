// oneDNN's side of one matrix product or convolution; driven by kernels.py.
// Usage: onednn NAME, a name of `retort bench kernels`. See sampling.h for what it prints.
//
// Activations lie as Retort's do (row-major, NHWC). Convolution weights may lie as oneDNN likes;
// bringing them there is not timed, though Retort's times hold that work.

#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

#include "sampling.h"

using namespace dnnl;
using tag = memory::format_tag;

static const engine processor(engine::kind::cpu, 0);

static std::string greeting(const char* implementation) {
  const auto* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch) + " " + implementation;
}

static memory filled(const memory::desc& desc, uint64_t seed) {
  memory result(desc, processor);
  const auto values = synthetic(desc.get_size() / sizeof(float), seed);
  std::memcpy(result.get_data_handle(), values.data(), values.size() * sizeof(float));
  return result;
}

static void time(
    const primitive& work, const char* implementation, double operations,
    const std::unordered_map<int, memory>& arguments) {
  stream queue(processor);
  serve(greeting(implementation), operations, [&](int count) {
    for (int i = 0; i < count; i++) work.execute(queue, arguments);
    queue.wait();
  });
}

static void time(const Product& p) {
  const auto type = memory::data_type::f32;
  const memory::desc a({p.m, p.k}, type, p.transposeA ? tag::ba : tag::ab);
  const memory::desc b({p.k, p.n}, type, p.transposeB ? tag::ba : tag::ab);
  const memory::desc c({p.m, p.n}, type, tag::ab);
  const matmul::primitive_desc desc(matmul::desc(a, b, c), processor);
  time(
      matmul(desc), desc.impl_info_str(), p.operations(),
      {{DNNL_ARG_SRC, filled(a, 1)},
       {DNNL_ARG_WEIGHTS, filled(b, 2)},
       {DNNL_ARG_DST, filled(c, 3)}});
}

struct Convolution {
  const char* name;
  int inputs, outputs, size, kernel, groups;
};

static const Convolution convolutions[] = {
    {"c16_32", 16, 16, 32, 3, 1},       {"c32_16", 32, 32, 16, 3, 1},
    {"c64_8", 64, 64, 8, 3, 1},         {"c1_28", 1, 32, 28, 3, 1},
    {"pw64_128_14", 64, 128, 14, 1, 1}, {"dw128_14", 128, 128, 14, 3, 128},
};

static void time(const Convolution& c, const std::string& direction) {
  const auto type = memory::data_type::f32;
  const int images = 128, inner = c.inputs / c.groups;
  const memory::desc x({images, c.inputs, c.size, c.size}, type, tag::nhwc);
  const memory::desc y({images, c.outputs, c.size, c.size}, type, tag::nhwc);
  const memory::desc w =
      c.groups == 1
          ? memory::desc({c.outputs, inner, c.kernel, c.kernel}, type, tag::any)
          : memory::desc(
                {c.groups, c.outputs / c.groups, inner, c.kernel, c.kernel}, type, tag::any);
  const memory::dims strides{1, 1}, padding{c.kernel / 2, c.kernel / 2};
  const auto algorithm = algorithm::convolution_direct;
  const double operations =
      2.0 * images * c.size * c.size * c.outputs * inner * c.kernel * c.kernel;
  const convolution_forward::primitive_desc forward(
      {prop_kind::forward_training, algorithm, x, w, y, strides, padding, padding}, processor);
  if (direction == "forward") {
    time(
        convolution_forward(forward), forward.impl_info_str(), operations,
        {{DNNL_ARG_SRC, filled(x, 1)},
         {DNNL_ARG_WEIGHTS, filled(forward.weights_desc(), 2)},
         {DNNL_ARG_DST, filled(y, 3)}});
  } else if (direction == "data") {
    const convolution_backward_data::primitive_desc desc(
        {algorithm, x, w, y, strides, padding, padding}, processor, forward);
    time(
        convolution_backward_data(desc), desc.impl_info_str(), operations,
        {{DNNL_ARG_DIFF_SRC, filled(x, 1)},
         {DNNL_ARG_WEIGHTS, filled(desc.weights_desc(), 2)},
         {DNNL_ARG_DIFF_DST, filled(y, 3)}});
  } else if (direction == "weight") {
    const convolution_backward_weights::primitive_desc desc(
        {algorithm, x, w, y, strides, padding, padding}, processor, forward);
    time(
        convolution_backward_weights(desc), desc.impl_info_str(), operations,
        {{DNNL_ARG_SRC, filled(x, 1)},
         {DNNL_ARG_DIFF_WEIGHTS, filled(desc.diff_weights_desc(), 2)},
         {DNNL_ARG_DIFF_DST, filled(y, 3)}});
  } else {
    throw std::invalid_argument(direction);
  }
}

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  try {
    Product product;
    if (product.parse(name.c_str())) {
      time(product);
      return 0;
    }
    for (const auto& c : convolutions) {
      const std::string prefix = std::string("conv-") + c.name + "-";
      if (name.rfind(prefix, 0) == 0) {
        time(c, name.substr(prefix.size()));
        return 0;
      }
    }
    std::fprintf(stderr, "onednn: there is no operation '%s'\n", name.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "onednn: %s: %s\n", name.c_str(), error.what());
  }
  return 1;
}
