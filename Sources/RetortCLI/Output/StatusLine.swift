import RetortRuns

/// A progress line that adapts to the width of the terminal.
struct StatusLine {
  /// The shortest and the longest bar, in characters.
  private static let bar = 10...30
  /// The number of fields that are shown before space is given to the bar.
  private static let fieldsBeforeBar = 3

  /// The fields, the most important first.
  let fields: [String]
  /// The completed share, from 0 to 1; nil for no bar.
  let share: Double?

  init(_ fields: [String], share: Double? = nil) { (self.fields, self.share) = (fields, share) }

  /// All fields, with a percentage in place of the bar.
  var text: String {
    let done = share.map { ["\(fixed(100 * $0, 0)) %"] } ?? []
    return (fields.prefix(1) + done + fields.dropFirst()).joined(separator: "  ")
  }

  /// The fields that fit into `columns` characters, with a bar after the first if it fits too.
  ///
  /// No field is truncated, as a number without its last digits would be another number.
  func fitted(to columns: Int) -> String {
    var room = columns + 2
    var shown: [String] = []
    var barSize: Int?
    for (index, field) in fields.enumerated() {
      if index == Self.fieldsBeforeBar, share != nil {
        guard room >= Self.bar.lowerBound + 2 else { break }
        barSize = Self.bar.lowerBound
        room -= Self.bar.lowerBound + 2
      }
      guard room >= field.count + 2 else { break }
      shown.append(field)
      room -= field.count + 2
    }
    if let share, let barSize {
      shown.insert(Self.drawn(share, min(Self.bar.upperBound, barSize + room)), at: 1)
    }
    return shown.joined(separator: "  ")
  }

  /// A bar of `size` characters, brackets included.
  private static func drawn(_ share: Double, _ size: Int) -> String {
    let inner = size - 2
    let done = Int(max(0, min(1, share)) * Double(inner))
    let head = done < inner ? ">" : ""
    return "[" + String(repeating: "=", count: done) + head
      + String(repeating: " ", count: inner - done - head.count) + "]"
  }
}
