/// Launch times of one step, summed by kernel.
struct KernelProfile {
  private let rows: [(label: String, count: Int, seconds: Double)]

  /// Sums the times of equal labels; the longest comes first.
  init(_ launches: [(label: String, nanoseconds: UInt64)]) {
    var sums: [String: (count: Int, seconds: Double)] = [:]
    for launch in launches {
      let old = sums[launch.label] ?? (0, 0)
      sums[launch.label] = (old.count + 1, old.seconds + Double(launch.nanoseconds) * 1e-9)
    }
    rows = sums.map { (label: $0.key, count: $0.value.count, seconds: $0.value.seconds) }
      .sorted { ($1.seconds, $0.label) < ($0.seconds, $1.label) }
  }

  /// One row per kernel.
  var table: String {
    let total = rows.reduce(0) { $0 + $1.seconds }
    var table = TextTable(["kernel", "launches", "time", "share"], numeric: [1, 2, 3])
    for row in rows {
      table.add(
        row.label, "\(row.count)", duration(row.seconds),
        fixed(100 * row.seconds / max(total, 1e-12), 1) + " %")
    }
    return table.text
  }
}
