import ArgumentParser
import CVerificationCases
import RetortCore
import RetortFormats
import RetortSchema
import RetortTraining
import RetortVerification

/// `retort verify`: recomputes recorded cases on a device.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recomputes cases that other code recorded, and compares.",
    discussion: """
      Losses and first gradients may differ by 2e-5, final weights by 1e-4; beyond that the exit \
      status is 1. Without files a built-in selection is computed.

      With --kernels every kernel is run at sizes that are hard for it, in the forms for GPUs and for \
      processors and on matrix units where there are any, and compared with the processor in \
      float64. Suites are printed as they end; --json prints one object a line for each case.
      """)

  @Argument(
    help: "Case files (.safetensors).", completion: .trainedModel, transform: FilePath.expanded)
  var files: [String] = []
  @Flag(help: "Compare every kernel with the processor instead.")
  var kernels = false
  @Option(
    help: ArgumentHelp(
      "With --kernels: suites, separated by commas. (default: all)", valueName: "names"),
    completion: .list(DeviceSuite.all.map(\.name)))
  var suites: String?
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func validate() throws {
    if kernels, !files.isEmpty { throw ValidationError("--kernels takes no files.") }
    if !kernels, suites != nil { throw ValidationError("--suites goes with --kernels.") }
    _ = try chosenSuites()
  }

  private func chosenSuites() throws -> [DeviceSuite] {
    guard let suites else { return DeviceSuite.all }
    return try suites.split(separator: ",").map(String.init).map { name in
      if let suite = DeviceSuite.all.first(where: { $0.name == name }) { return suite }
      let names = DeviceSuite.all.map(\.name)
      throw ValidationError(
        "There is no suite '\(name)'. "
          + (nearest(to: name, in: names).map { "Did you mean '\($0)'? " } ?? "")
          + "There are: \(names.joined(separator: ", ")).")
    }
  }

  func run() throws {
    let backend = try device.backend()
    if kernels {
      try KernelVerification(suites: chosenSuites(), form: device.form, printsJSON: format.json)
        .run(on: backend)
      return
    }
    let cases = try files.isEmpty ? builtIn() : files.map { try VerificationCase(path: $0) }
    var rows: [JSONValue] = []
    var table = TextTable(
      ["file", "kind", "losses", "gradients", "final", ""], numeric: [2, 3, 4])
    var isRight = true
    for verified in cases {
      let result = try verified.replay(on: backend)
      isRight = isRight && result.isWithinTolerance
      rows.append(
        .record(
          ("file", .string(verified.content.path)), ("kind", .string(verified.kind)),
          ("losses", .real(result.losses)), ("gradients", .real(result.gradients)),
          ("final", .real(result.final)), ("passed", .bool(result.isWithinTolerance))))
      table.add(
        verified.content.path, verified.kind, scientific(result.losses),
        scientific(result.gradients), scientific(result.final),
        result.isWithinTolerance ? "ok" : "TOO FAR")
    }
    if format.json {
      StandardOutput.write(
        .record(("device", .string(backend.name)), ("cases", .array(rows))))
    } else {
      StandardOutput.write(table.text)
    }
    guard isRight else {
      StandardError.complain(
        "\(backend.name) is too far off; compare with '--device cpu' and report the table")
      throw ExitCode(1)
    }
  }

  private func builtIn() throws -> [VerificationCase] {
    let rows = UnsafeBufferPointer(
      start: retort_verification_cases(), count: retort_verification_case_count())
    return try rows.map { row in
      let bytes = Array(UnsafeBufferPointer(start: row.bytes, count: row.byte_count))
      return try VerificationCase(
        Safetensors.parse(bytes, path: String(cString: row.path)))
    }
  }
}
