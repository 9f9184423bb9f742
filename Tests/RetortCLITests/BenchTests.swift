import RetortFormats
import Testing

@Suite(.serialized) struct BenchTests {
  @Test(arguments: ["cpu", "opencl"]) func kernelsAreTimed(_ device: String) throws {
    let outcome = try CommandLineTool.run([
      "bench", "kernels", "--names", "softmax-kl-128x10,gemm-128x512x10,conv-c64_8-weight",
      "--repeats", "3", "--device", device, "--json",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let kernels = try #require(try outcome.json()["kernels"]?.array)
    #expect(
      kernels.compactMap { $0["name"]?.string } == [
        "softmax-kl-128x10", "gemm-128x512x10-nn", "gemm-128x512x10-tn", "gemm-128x512x10-nt",
        "conv-c64_8-weight",
      ])
    for (kernel, unit) in zip(kernels, ["ms", "GFLOP/s", "GFLOP/s", "GFLOP/s", "GFLOP/s"]) {
      #expect(kernel["unit"]?.string == unit)
      #expect(kernel["samples"]?.array?.count == 3)
      #expect(try #require(kernel["value"]?.double) > 0)
      #expect(try #require(kernel["launches"]?.int) > 0)
    }
  }

  @Test(arguments: ["kernels", "launches"])
  func aProfileShowsRates(_ detail: String) throws {
    let outcome = try CommandLineTool.run([
      "bench", "--models", "mlp", "--batch", "8", "--repeats", "1", "--device", "opencl",
      "--profile", detail,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    for word in ["GFLOP/s", "GB/s", "of peak", "matmul_", "adam_", " % copy", "peaks as measured"] {
      #expect(outcome.output.contains(word), "\(word)")
    }
    #expect(outcome.output.contains("student.fc1") == (detail == "launches"))
  }

  @Test func aProfileCountsWork() throws {
    let outcome = try CommandLineTool.run([
      "bench", "step", "--models", "mlp", "--batch", "8", "--repeats", "1", "--device", "opencl",
      "--json", "--profile",
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let model = try #require(try outcome.json()["models"]?.array?.first)
    let launches = try #require(model["kernels"]?.array)
    #expect(launches.count == model["launches"]?.int)
    // Three layers forward, three weight gradients, two input gradients; little else.
    let (first, second, third) = (784 * 512, 512 * 256, 256 * 10)
    let products = 2 * 8 * (2 * first + 3 * second + 3 * third)
    let flops = launches.reduce(0) { $0 + ($1["flops"]?.int ?? 0) }
    #expect(flops > products && flops < 2 * products)
    #expect(launches.contains { ($0["bytes"]?.int ?? 0) > 28 * (first + second + third) })
  }

  @Test func anUnknownOperationIsRefusedWithTheNearest() throws {
    let outcome = try CommandLineTool.run([
      "bench", "kernels", "--names", "adam-10M,conv-c64_9-data",
    ])
    #expect(outcome.status == 2)
    #expect(
      outcome.errors.contains(
        "there is no operation 'conv-c64_9-data'. Did you mean 'conv-c64_8-data'"))
  }
}
