// CLBlast's side of one matrix product, on one OpenCL device; driven by kernels.py.
// Usage: clblast NAME PLATFORM DEVICE, a name of `retort bench kernels` and the device's place.
// See sampling.h for what it prints. CLBlast's own tuning for the device counts, if it has one.

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <clblast_c.h>

#include <cstdlib>

#include "sampling.h"

static void check(cl_int code, const char* call) {
  if (code == CL_SUCCESS) return;
  std::fprintf(stderr, "clblast: %s: %d\n", call, code);
  std::exit(1);
}

int main(int argc, char** argv) {
  Product p;
  if (argc != 4 || !p.parse(argv[1])) {
    std::fprintf(stderr, "usage: clblast gemm-MxKxN-nn|tn|nt PLATFORM DEVICE\n");
    return 1;
  }
  const unsigned platformIndex = std::atoi(argv[2]), deviceIndex = std::atoi(argv[3]);
  cl_uint count = 0;
  check(clGetPlatformIDs(0, nullptr, &count), "clGetPlatformIDs");
  std::vector<cl_platform_id> platforms(count);
  check(clGetPlatformIDs(count, platforms.data(), nullptr), "clGetPlatformIDs");
  check(platformIndex < count ? CL_SUCCESS : CL_INVALID_PLATFORM, "platform");
  const auto platform = platforms[platformIndex];
  check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &count), "clGetDeviceIDs");
  std::vector<cl_device_id> devices(count);
  check(
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, devices.data(), nullptr),
      "clGetDeviceIDs");
  check(deviceIndex < count ? CL_SUCCESS : CL_INVALID_DEVICE, "device");

  cl_int code = CL_SUCCESS;
  const auto context = clCreateContext(nullptr, 1, &devices[deviceIndex], nullptr, nullptr, &code);
  check(code, "clCreateContext");
  auto queue = clCreateCommandQueue(context, devices[deviceIndex], 0, &code);
  check(code, "clCreateCommandQueue");
  auto buffer = [&](size_t count, uint64_t seed) {
    auto values = synthetic(count, seed);
    const auto result = clCreateBuffer(
        context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, count * sizeof(float), values.data(),
        &code);
    check(code, "clCreateBuffer");
    return result;
  };
  const auto a = buffer(static_cast<size_t>(p.m) * p.k, 1);
  const auto b = buffer(static_cast<size_t>(p.k) * p.n, 2);
  const auto c = buffer(static_cast<size_t>(p.m) * p.n, 3);
  const auto transpose = [](bool is) { return is ? CLBlastTransposeYes : CLBlastTransposeNo; };
  serve("CLBlast", p.operations(), [&](int runs) {
    for (int i = 0; i < runs; i++) {
      check(
          CLBlastSgemm(
              CLBlastLayoutRowMajor, transpose(p.transposeA), transpose(p.transposeB), p.m, p.n,
              p.k, 1, a, 0, p.transposeA ? p.m : p.k, b, 0, p.transposeB ? p.k : p.n, 0, c, 0, p.n,
              &queue, nullptr),
          "CLBlastSgemm");
    }
    check(clFinish(queue), "clFinish");
  });
}
