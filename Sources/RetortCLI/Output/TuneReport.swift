import RetortFormats
import RetortOpenCL
import RetortRuns
import RetortTraining

/// The results of tuning, as a table or as JSON.
struct TuneReport {
  let device: String
  /// The file with the stored choices.
  let file: String
  /// The numbers of contractions still to be tuned, and of those tuned before.
  var left = 0, known = 0
  private var rows: [(key: TuningKey, result: TuningResult)] = []

  init(device: String, file: String) { (self.device, self.file) = (device, file) }

  /// The number of tuned contractions.
  var count: Int { rows.count }

  mutating func add(_ key: TuningKey, _ result: TuningResult) { rows.append((key, result)) }

  /// The table, followed by the rejected candidates and the number of contractions left.
  var text: String {
    var table = TextTable(
      ["contraction", "tried", "default", "best", "gain", "choice"], numeric: [1, 2, 3, 4])
    for (key, result) in rows {
      let gain = 100 * (1 - result.bestSeconds / result.defaultSeconds)
      table.add(
        key.description, "\(result.trialCount)", milliseconds(result.defaultSeconds),
        milliseconds(result.bestSeconds), fixed(gain, 1) + " %", result.choice.description)
    }
    var lines = rows.isEmpty ? [device] : [device, table.text]
    for (key, result) in rows {
      for (choice, reason) in result.rejected {
        lines.append("rejected for \(key): \(choice): \(reason)")
      }
    }
    let faster = rows.count { !$0.result.choice.isDefault }
    lines.append(
      "\(faster) of \(count) contractions are faster; \(known + count) are stored in \(file)")
    if left > 0 { lines.append("\(left) are left: run again to go on") }
    return lines.joined(separator: "\n")
  }

  /// The results as one object, times in seconds.
  var json: JSONValue {
    .record(
      ("device", .string(device)), ("file", .string(file)), ("left", .integer(left)),
      ("known", .integer(known)),
      (
        "contractions",
        .array(
          rows.map { key, result in
            .record(
              ("key", .string(key.description)), ("choice", .string(result.choice.description)),
              ("defaultSeconds", .real(result.defaultSeconds)),
              ("bestSeconds", .real(result.bestSeconds)), ("tried", .integer(result.trialCount)),
              (
                "rejected",
                .array(
                  result.rejected.map { choice, reason in
                    .record(
                      ("choice", .string(choice.description)), ("reason", .string(reason)))
                  })
              ))
          })
      ))
  }

  private func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1e3, 3) + " ms" }
}
