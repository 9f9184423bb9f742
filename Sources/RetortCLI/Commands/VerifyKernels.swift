import ArgumentParser
import RetortCore
import RetortFormats
import RetortOpenCL
import RetortVerification

/// `retort verify --kernels`: compares every kernel of a device with the CPU backend.
struct KernelVerification {
  /// A backend under test, with the name of its kernel form or compute type.
  private struct Target {
    let form: String
    let backend: any Backend
    /// Whether to compare only the cases that are exact in every compute type.
    var isNarrow = false
  }

  /// The outcomes of one suite on one target.
  private struct Row {
    var count = 0
    var worst: DeviceCheck.Outcome?
    var faulty: [DeviceCheck.Outcome] = []

    mutating func add(_ outcome: DeviceCheck.Outcome) {
      count += 1
      if outcome.error > worst?.error ?? -1 { worst = outcome }
      if outcome.fault != nil { faulty.append(outcome) }
    }
  }

  // The number of cases compiled together; a program of all cases would take too long to compile.
  private static let group = 16
  private static let widths = [13, 7, 5, 9]

  let suites: [DeviceSuite]
  /// The only kernel form to compare; nil for both forms and matrix units.
  let form: KernelForm?
  let printsJSON: Bool

  /// Compares every case in both forms and on matrix units, and prints a row for each suite when it ends.
  ///
  /// - Throws: `ExitCode` 1 if any case fails.
  func run(on backend: any Backend) throws {
    let targets = try targets(backend)
    var (count, faultCount) = (0, 0)
    if !printsJSON {
      StandardOutput.write(Self.line(["suite", "form", "cases", "worst", "case"]))
    }
    for suite in suites {
      var rows = targets.map { _ in Row() }
      for start in stride(from: 0, to: suite.cases.count, by: Self.group) {
        let cases = Array(suite.cases[start...].prefix(Self.group))
        let check = try DeviceCheck(cases)
        for (index, target) in targets.enumerated() {
          let own = target.isNarrow ? check.exactlyRounded : check
          for outcome in own.outcomes(on: target.backend) {
            rows[index].add(outcome)
            if printsJSON { StandardOutput.write(json(suite, target, outcome)) }
          }
        }
      }
      for (row, target) in zip(rows, targets) where row.count > 0 {
        count += row.count
        faultCount += row.faulty.count
        if !printsJSON { show(row, suite, target) }
      }
    }
    guard faultCount == 0 else {
      StandardError.complain(
        "\(backend.name) is wrong in \(faultCount) of \(count) cases; report the table")
      throw ExitCode(1)
    }
  }

  private func targets(_ backend: any Backend) throws -> [Target] {
    guard let device = backend as? OpenCLBackend else {
      return [Target(form: "float32", backend: backend)]
    }
    let context = device.context
    if let form { return [Target(form: form.rawValue, backend: device)] }
    return try KernelForm.allCases.map {
      Target(form: $0.rawValue, backend: try OpenCLBackend(context, form: $0))
    }
      + device.capabilities.computeTypes.filter { $0 != .float32 }.map {
        Target(
          form: $0.rawValue, backend: try OpenCLBackend(context, compute: $0), isNarrow: true)
      }
  }

  private func show(_ row: Row, _ suite: DeviceSuite, _ target: Target) {
    StandardOutput.write(
      Self.line([
        suite.name, target.form, "\(row.count)", scientific(row.worst?.error ?? 0),
        row.worst?.name ?? "",
      ]))
    for outcome in row.faulty {
      StandardOutput.write("  WRONG: \(outcome.name): \(outcome.fault ?? "")")
    }
  }

  private func json(
    _ suite: DeviceSuite, _ target: Target, _ outcome: DeviceCheck.Outcome
  ) -> JSONValue {
    .record(
      ("suite", .string(suite.name)), ("case", .string(outcome.name)),
      ("form", .string(target.form)), ("error", .real(outcome.error)),
      ("tolerance", .real(outcome.tolerance)),
      ("fault", outcome.fault.map { .string($0) } ?? .null))
  }

  private static func line(_ cells: [String]) -> String {
    zip(cells, widths).map { cell, width in
      cell + String(repeating: " ", count: max(0, width - cell.count))
    }.joined(separator: "  ") + "  " + cells[widths.count...].joined()
  }
}
