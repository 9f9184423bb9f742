import RetortRuns

/// A table of cells in aligned columns.
struct TextTable {
  private var rows: [[String]]
  /// The columns of numbers, which are right-aligned.
  private let numeric: Set<Int>

  /// A table with a header; `numeric` has the indices of right-aligned columns.
  init(_ head: [String], numeric: Set<Int> = []) {
    rows = [head]
    self.numeric = numeric
  }

  /// Adds a row of single-line cells.
  mutating func add(_ cells: String...) { rows.append(cells.map { $0.plain(keepingLines: false) }) }

  /// The rows with two spaces between columns; on a terminal that is too narrow, one line per cell.
  var text: String {
    let lines = lines
    guard StandardOutput.isTerminal, lines.contains(where: { $0.count > StandardOutput.columns })
    else { return lines.joined(separator: "\n") }
    return stacked.joined(separator: "\n")
  }

  /// Each row's first cell, followed by the other cells on lines of their own, after their columns' names.
  private var stacked: [String] {
    let names = rows[0].dropFirst()
    let width = names.map(\.count).max() ?? 0
    return rows.dropFirst().flatMap { row in
      [row[0]]
        + zip(names, row.dropFirst()).map { name, cell in
          let space = String(repeating: " ", count: width - name.count)
          return name.isEmpty ? "  \(cell)" : "  \(name)\(space)  \(cell)"
        }
    }
  }

  private var lines: [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return numeric.contains(column) ? space + cell : cell + space
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

/// `value` in scientific notation with two significant digits.
func scientific(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  var (mantissa, exponent) = (abs(value), 0)
  while mantissa >= 9.95 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while mantissa < 0.995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  return "\(value < 0 ? "-" : "")\(fixed(mantissa, 1))e\(exponent)"
}

/// A number of bytes with a binary unit.
func bytes(_ count: Int) -> String {
  if count < 1 << 10 { return "\(count) B" }
  if count < 1 << 20 { return "\(fixed(Double(count) / 1024, 1)) KiB" }
  if count < 1 << 30 { return "\(fixed(Double(count) / 1_048_576, 1)) MiB" }
  return "\(fixed(Double(count) / 1_073_741_824, 1)) GiB"
}
