import ArgumentParser
import CVerificationCases
import RetortCore
import RetortFormats
import RetortTraining

/// `retort verify`: computes recorded cases again on a device.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Recomputes cases that other code recorded, and compares.",
    discussion: """
      Losses and first gradients may differ by 2e-5, final weights by 1e-4; beyond that the exit \
      status is 1. Without files a built-in selection is computed.
      """)

  @Argument(help: "Case files (.safetensors).")
  var files: [String] = []
  @OptionGroup var device: DeviceOption
  @OptionGroup var format: JSONOption

  func run() throws {
    let backend = try device.backend()
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
          ("final", .real(result.final))))
      table.add(
        verified.content.path, verified.kind, scientific(result.losses),
        scientific(result.gradients), scientific(result.final),
        result.isWithinTolerance ? "ok" : "TOO FAR")
    }
    if format.json {
      StandardOutput.write(.array(rows))
    } else {
      StandardOutput.write(table.text)
    }
    guard isRight else {
      StandardError.write(
        "retort: \(backend.name) is too far off; compare with '--device cpu' and report the table")
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
