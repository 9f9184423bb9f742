import ArgumentParser
import RetortCore
import RetortFormats
import RetortRuns
import RetortTraining

/// `retort bench kernels`: the time of single operations.
struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Times single operations, compiled as in a training step.",
    discussion: """
      softmax-kl-ROWSxCLASSES: the soft-target loss and its gradient. loss-NAME: a loss of 64 examples \
      with 100 classes, and its gradient. adam-10M: one optimizer step. \
      gemm-MxKxN-nn, -tn, -nt: matrix products. conv-CASE-forward, -data, -weight: convolutions of \
      128 images. A sample is as many runs as take a tenth of a second, enqueued at once and waited \
      for; the median of the samples counts.
      """)

  @Option(
    help: ArgumentHelp(
      "Operations, or beginnings of names such as 'gemm', separated by commas. (default: all)",
      valueName: "names"), completion: .list(KernelCase.all.map(\.name)))
  var names: String?
  @Option(help: "Samples per operation.")
  var repeats = 9
  @OptionGroup var compute: ComputeOption
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard (1...1000).contains(repeats) else {
      throw ValidationError("--repeats must be from 1 to 1000.")
    }
    if try cases().isEmpty { throw ValidationError("--names names no operation.") }
  }

  private func cases() throws -> [KernelCase] {
    guard let names else { return KernelCase.all }
    return try names.split(separator: ",").map(String.init).flatMap { name in
      let found = KernelCase.named(name)
      guard found.isEmpty else { return found }
      let nearest = nearestNames(to: name, in: KernelCase.all.map(\.name))
        .map { "'\($0)'" }.joined(separator: " or ")
      throw ValidationError("there is no operation '\(name)'. Did you mean \(nearest)?")
    }
  }

  func run() throws {
    let backend = try device.backend(compute.compute)
    var table = TextTable(
      ["operation", "median", "least", "most", "GFLOP/s", "launches"], numeric: [1, 2, 3, 4, 5])
    var rows: [JSONValue] = []
    for kernel in try cases() {
      let timing = try KernelTiming(kernel, repeats: repeats, on: backend)
      rows.append(json(timing))
      table.add(
        timing.name, duration(timing.median), duration(timing.samples.first ?? 0),
        duration(timing.samples.last ?? 0),
        timing.operations > 0 ? fixed(timing.value(timing.median), 1) : "-", "\(timing.launches)")
    }
    guard !format.json else {
      StandardOutput.write(
        .record(
          ("device", .string(backend.name)), ("compute", .string(compute.compute.rawValue)),
          ("kernels", .array(rows))))
      return
    }
    StandardOutput.write("\(backend.name)\n\(table.text)")
  }

  private func json(_ timing: KernelTiming) -> JSONValue {
    .record(
      ("name", .string(timing.name)), ("unit", .string(timing.unit)),
      ("value", .real(timing.value(timing.median))),
      ("samples", .array(timing.samples.map { .real(timing.value($0)) })),
      ("runsPerSample", .integer(timing.runsPerSample)), ("launches", .integer(timing.launches)))
  }
}
