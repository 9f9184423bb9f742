import ArgumentParser
import RetortCore
import RetortFormats
import RetortModels
import RetortTraining

/// `retort bench step`: the time of whole training steps.
struct BenchStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times training steps of classifiers.",
    discussion: """
      Adam on cross-entropy, synthetic 28×28×1 images, ten classes. A sample is as many steps as \
      take a fifth of a second, enqueued at once and waited for; the median of the samples counts.
      """)

  @Option(help: ArgumentHelp("Models, separated by commas.", valueName: "names"))
  var models = "mlp,lenet5,resnet8,resnet20"
  @Option(help: "Examples of a step.")
  var batch = 128
  @Option(help: "Samples per model.")
  var repeats = 9
  @Option(
    defaultAsFlag: .kernels,
    help: "Also show where the time goes, by kernels or launches (OpenCL only).")
  var profile: KernelProfile.Detail?
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  private var names: [String] { models.split(separator: ",").map(String.init) }

  func validate() throws {
    guard (1...65536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
    guard (1...1000).contains(repeats) else {
      throw ValidationError("--repeats must be from 1 to 1000.")
    }
    for name in names {
      do throws(ModelError) {
        guard try ModelCatalog.entry(name).role == .classifier else {
          throw ModelError.unfit(model: name, reason: "only classifiers are timed")
        }
      } catch {
        throw ValidationError("\(error)")
      }
    }
    if names.isEmpty { throw ValidationError("--models names no model.") }
  }

  func run() throws {
    let backend = RecordingBackend(try device.backend())
    var table = TextTable(
      ["model", "batch", "median", "least", "most", "images/s", "launches", "memory"],
      numeric: [1, 2, 3, 4, 5, 6, 7])
    var rows: [JSONValue] = []
    var profiles: [(name: String, text: String)] = []
    for name in names {
      let timing = try StepTiming(name, batch: batch, repeats: repeats, on: backend)
      let kernels = profile == nil ? nil : try backend.profile()
      if let profile, let kernels { profiles.append((name, kernels.text(profile))) }
      rows.append(json(timing, kernels))
      table.add(
        name, "\(batch)", duration(timing.median), duration(timing.samples.first ?? 0),
        duration(timing.samples.last ?? 0), fixed(Double(batch) / timing.median, 0),
        "\(timing.launches)", bytes(timing.byteCount))
    }
    guard !format.json else {
      StandardOutput.write(
        .record(
          ("device", .string(backend.name)), ("batch", .integer(batch)), ("models", .array(rows))))
      return
    }
    StandardOutput.write("\(backend.name)\n\(table.text)")
    for profile in profiles { StandardOutput.write("\n\(profile.name)\n\(profile.text)") }
    if profile != nil, profiles.isEmpty {
      StandardError.write("retort: \(backend.name) keeps no times of kernels")
    }
  }

  private func json(_ timing: StepTiming, _ kernels: KernelProfile?) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("model", .string(timing.model)), .init("seconds", .real(timing.median)),
      .init("samples", .array(timing.samples.map { .real($0) })),
      .init("stepsPerSample", .integer(timing.stepsPerSample)),
      .init("launches", .integer(timing.launches)), .init("bytes", .integer(timing.byteCount)),
      .init("buildSeconds", .real(timing.buildSeconds)),
    ]
    if let kernels { members.append(.init("kernels", kernels.json)) }
    return .object(members)
  }
}
