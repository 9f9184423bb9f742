import RetortRuns

/// One line of a terminal that says how far things are, as much of it as the terminal is wide.
struct StatusLine {
  /// The least and the most characters of a bar.
  private static let bar = 10...30
  /// How many fields go before the bar does.
  private static let fieldsBeforeBar = 3

  /// What there is to say, the first for the longest.
  let fields: [String]
  /// How much has been done, from 0 to 1; nil for no bar.
  let share: Double?

  init(_ fields: [String], share: Double? = nil) { (self.fields, self.share) = (fields, share) }

  /// All that there is to say, with a number in the bar's place.
  var text: String {
    let done = share.map { ["\(fixed(100 * $0, 0)) %"] } ?? []
    return (fields.prefix(1) + done + fields.dropFirst()).joined(separator: "  ")
  }

  /// The fields that `columns` characters have room for, and behind the first a bar where there is room
  /// for that too.
  ///
  /// None is cut: a number without its last digits is another number.
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
