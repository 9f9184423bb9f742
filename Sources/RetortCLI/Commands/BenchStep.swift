import ArgumentParser
import RetortCore
import RetortFormats
import RetortRuns
import RetortTraining

/// `retort bench step`: the time of whole training steps.
struct BenchStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times whole training steps, and models' outputs.",
    discussion: """
      Steps to time: \(Workload.all.map(\.name).joined(separator: ", ")). Their inputs are made up; \
      Benchmarks/README.md says what each computes. A sample is as many steps as take a fifth of a \
      second, enqueued at once and waited for; the median of the samples counts. Memory is what the \
      device holds besides weights, and the most that this process held above what it held before. The \
      share of the roofline is the least time that the device's measured peaks allow, by the time \
      (OpenCL only).
      """)

  @Option(
    help: ArgumentHelp("Steps to time, separated by commas.", valueName: "names"),
    completion: .list(Workload.all.map(\.name)))
  var models = "mlp,lenet5,resnet8,resnet20"
  @Option(help: "Examples of a step, instead of each one's own number.")
  var batch: Int?
  @Option(help: "Samples per step.")
  var repeats = 9
  @Option(
    defaultAsFlag: .kernels,
    help: "Also show where the time goes, by kernels or launches (OpenCL only).")
  var profile: KernelProfile.Detail?
  @Option(
    help: ArgumentHelp(
      """
      Instead of timing, write first weights, inputs and the first \(StepRecord.lossCount) losses (or \
      outputs, with NAME.onnx) to FOLDER/NAME.safetensors, for another program to follow.
      """, valueName: "folder"), transform: FilePath.expanded)
  var record: String?
  @Flag(
    name: .customLong("no-loads"),
    help: "Have stored what convolutions could compute as they load it (OpenCL on GPUs).")
  var storesPrologues = false
  @OptionGroup var compute: ComputeOption
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  private var names: [String] { models.split(separator: ",").map(String.init) }

  func validate() throws {
    guard (1...65536).contains(batch ?? 1) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
    guard (1...1000).contains(repeats) else {
      throw ValidationError("--repeats must be from 1 to 1000.")
    }
    do throws(WorkloadError) {
      for name in names { _ = try Workload.named(name) }
    } catch {
      throw ValidationError("\(error)")
    }
    if names.isEmpty { throw ValidationError("--models names no step.") }
  }

  func run() throws {
    let workloads = try names.map { try Workload.named($0) }
    if let record {
      try write(workloads, to: RunFolder(record))
    } else {
      try time(workloads)
    }
  }

  private func write(_ workloads: [Workload], to folder: RunFolder) throws {
    let backend = try device.backend(compute.compute)
    try folder.make()
    for workload in workloads {
      let path = try StepRecord(workload, batch: batch ?? workload.batch, on: backend)
        .write(workload.name, to: folder)
      StandardOutput.write(format.json ? JSONValue.record(("file", .string(path))).text : path)
    }
  }

  private func time(_ workloads: [Workload]) throws {
    let device = try device.backend(compute.compute)
    var table = TextTable(
      [
        "step", "batch", "median", "least", "most", "examples/s", "launches", "device memory",
        "memory", "of roofline",
      ], numeric: [1, 2, 3, 4, 5, 6, 7, 8, 9])
    var rows: [JSONValue] = []
    var profiles: [(name: String, text: String)] = []
    for workload in workloads {
      let backend = RecordingBackend(
        device, fusesPrologues: device.fusesPrologues && !storesPrologues)
      let timing = try StepTiming(
        workload, batch: batch ?? workload.batch, repeats: repeats, on: backend)
      let kernels = profile == nil ? nil : try backend.profile()
      let least = try backend.leastSeconds()
      if let profile, let kernels { profiles.append((timing.name, kernels.text(profile))) }
      rows.append(json(timing, least, kernels))
      table.add(
        timing.name, "\(timing.batch)", duration(timing.median),
        duration(timing.samples.first ?? 0), duration(timing.samples.last ?? 0),
        fixed(Double(timing.batch) / timing.median, 0), "\(timing.launches)",
        bytes(timing.byteCount), bytes(timing.residentByteCount),
        least.map { fixed(100 * $0 / timing.median, 0) + " %" } ?? "-")
    }
    guard !format.json else {
      StandardOutput.write(
        .record(
          ("device", .string(device.name)), ("compute", .string(compute.compute.rawValue)),
          ("models", .array(rows))))
      return
    }
    StandardOutput.write("\(device.name)\n\(table.text)")
    for profile in profiles { StandardOutput.write("\n\(profile.name)\n\(profile.text)") }
    if profile != nil, profiles.isEmpty {
      StandardError.complain("\(device.name) keeps no times of kernels")
    }
  }

  private func json(
    _ timing: StepTiming, _ leastSeconds: Double?, _ kernels: KernelProfile?
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("model", .string(timing.name)), .init("batch", .integer(timing.batch)),
      .init("seconds", .real(timing.median)),
      .init("samples", .array(timing.samples.map { .real($0) })),
      .init("stepsPerSample", .integer(timing.stepsPerSample)),
      .init("launches", .integer(timing.launches)),
      .init("deviceMemoryBytes", .integer(timing.byteCount)),
      .init("residentBytes", .integer(timing.residentByteCount)),
      .init("buildSeconds", .real(timing.buildSeconds)),
    ]
    if let leastSeconds { members.append(.init("rooflineSeconds", .real(leastSeconds))) }
    if let kernels { members.append(.init("kernels", kernels.json)) }
    return .object(members)
  }
}
