import ArgumentParser
import RetortFormats
import RetortOpenCL
import RetortRuns
import RetortTraining

/// The time of one step per launch, compared with the device's measured peaks.
///
/// Rates are of a step's work (`StepWork`), which is attributed to its main launch; packing weights and
/// adding partial sums are overhead without a rate. Operands that stay in a cache can be read faster than the
/// copy peak.
struct KernelProfile {
  /// The meaning of the table's rows.
  enum Detail: String, ExpressibleByArgument, CaseIterable {
    /// A kernel, with all its launches.
    case kernels
    /// A launch, in the order of the step.
    case launches
  }

  /// Launches with their total work and time.
  private struct Row {
    var name: String
    var count = 0
    var work = StepWork()
    var seconds = 0.0
  }

  private let launches: [CommandDescription]
  private let nanoseconds: [UInt64]
  private let peaks: DevicePeaks

  /// A profile with one time per launch, in nanoseconds.
  init(_ launches: [CommandDescription], nanoseconds: [UInt64], peaks: DevicePeaks) {
    (self.launches, self.nanoseconds, self.peaks) = (launches, nanoseconds, peaks)
  }

  /// A table of kernels, the longest first, or of launches, followed by the peaks.
  func text(_ detail: Detail) -> String {
    let total = sum(over: zip(launches, nanoseconds), name: "all")
    let isWhole = detail == .kernels
    var table = TextTable(
      [isWhole ? "kernel" : "launch", isWhole ? "launches" : "kernel"]
        + ["time", "share", "GFLOP/s", "GB/s", "of peak", isWhole ? "" : "from"],
      numeric: isWhole ? [1, 2, 3, 4, 5, 6] : [2, 3, 4, 5, 6])
    func add(_ row: Row, _ second: String, _ last: String = "") {
      table.add(
        row.name, second, duration(row.seconds),
        fixed(100 * row.seconds / max(total.seconds, 1e-12), 1) + " %",
        rate(row.work.operations, row.seconds), rate(row.work.bytes, row.seconds), share(row), last)
    }
    switch detail {
    case .kernels:
      let groups = Dictionary(grouping: zip(launches, nanoseconds)) { $0.0.kernel }
      let rows = groups.map { sum(over: $0.value, name: $0.key) }
      for row in rows.sorted(by: { ($1.seconds, $0.name) < ($0.seconds, $1.name) }) {
        add(row, "\(row.count)")
      }
      add(total, "\(total.count)")
    case .launches:
      for (index, launch) in zip(launches, nanoseconds).enumerated() {
        let row = sum(over: [launch], name: "\(index) \(launch.0.task)")
        // A launch outside any module is labelled with its kernel.
        let isPlaced = !launch.0.label.hasPrefix(launch.0.kernel)
        add(row, launch.0.kernel, isPlaced ? launch.0.label : "")
      }
      add(total, "\(total.count) launches")
    }
    return table.text
      + "\npeaks as measured: fma \(fixed(peaks.floatOperationsPerSecond / 1e9, 1)) GFLOP/s, "
      + "copy \(fixed(peaks.copyBytesPerSecond / 1e9, 1)) GB/s"
  }

  /// Every launch in order, with its time and work.
  var json: JSONValue {
    .array(
      zip(launches, nanoseconds).map { launch, nanoseconds in
        .record(
          ("label", .string(launch.label)), ("kernel", .string(launch.kernel)),
          ("task", .string(launch.task)), ("nanoseconds", .number("\(nanoseconds)")),
          ("flops", .integer(launch.work.operations)), ("bytes", .integer(launch.work.bytes)))
      })
  }

  private func sum(
    over launches: some Sequence<(CommandDescription, UInt64)>, name: String
  ) -> Row {
    launches.reduce(into: Row(name: name)) { row, launch in
      row.count += 1
      row.work = row.work + launch.0.work
      row.seconds += Double(launch.1) * 1e-9
    }
  }

  /// The rate in billions per second.
  private func rate(_ amount: Int, _ seconds: Double) -> String {
    amount > 0 && seconds > 0 ? fixed(Double(amount) / seconds / 1e9, 1) : "-"
  }

  /// The share of the nearest peak that the launches reach, with its name.
  private func share(_ row: Row) -> String {
    guard row.seconds > 0, row.work != StepWork() else { return "-" }
    let fma = Double(row.work.operations) / row.seconds / peaks.floatOperationsPerSecond
    let copy = Double(row.work.bytes) / row.seconds / peaks.copyBytesPerSecond
    return "\(fixed(100 * max(fma, copy), 0)) % \(fma > copy ? "fma" : "copy")"
  }
}
