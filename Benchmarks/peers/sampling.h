// What the native peers share: made-up operands, and samples on request.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

// Numbers in [0, 1).
inline std::vector<float> synthetic(size_t count, uint64_t seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(seed >> 40) / (1 << 24);
  }
  return values;
}

// `run(count)` enqueues `count` runs and waits. Prints `greeting` when warm, then GFLOP/s for every
// line on standard input: a sample is as many runs as take a tenth of a second.
template <typename Run>
void serve(const std::string& greeting, double operations, Run run) {
  auto seconds = [&](int count) {
    const auto start = std::chrono::steady_clock::now();
    run(count);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    return passed.count() / count;
  };
  seconds(1);
  const int count = std::clamp(static_cast<int>(0.1 / seconds(1)), 1, 2000);
  seconds(count);
  std::printf("%s\n", greeting.c_str());
  std::fflush(stdout);
  for (int c; (c = std::getchar()) != EOF;) {
    if (c != '\n') continue;
    std::printf("%.6g\n", operations / seconds(count) / 1e9);
    std::fflush(stdout);
  }
}

// M, K, N and the form (nn, tn, nt) of `gemm-MxKxN-FORM`.
struct Product {
  int m = 0, k = 0, n = 0;
  bool transposeA = false, transposeB = false;

  // False if `name` is none.
  bool parse(const char* name) {
    char a = 0, b = 0, end = 0;
    if (std::sscanf(name, "gemm-%dx%dx%d-%c%c%c", &m, &k, &n, &a, &b, &end) != 5) return false;
    transposeA = a == 't';
    transposeB = b == 't';
    return m > 0 && k > 0 && n > 0 && (a == 't' || a == 'n') && (b == 't' || b == 'n');
  }
  double operations() const { return 2.0 * m * k * n; }
};
