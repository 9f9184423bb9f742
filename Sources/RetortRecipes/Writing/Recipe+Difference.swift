extension Recipe {
  /// The first entry in which the expanded texts of two recipes differ; nil where they are equal.
  package func difference(from stored: String) -> (stage: String?, stored: String, given: String)? {
    let (old, new) = (lines(stored), lines(expandedYAML))
    var stage: String?
    for index in 0..<max(old.count, new.count) {
      let a = index < old.count ? old[index] : "nothing"
      let b = index < new.count ? new[index] : "nothing"
      guard a == b else {
        let (first, second) = (entries(a), entries(b))
        let place = zip(first, second).prefix { $0 == $1 }.count
        return (
          stage, place < first.count ? first[place] : "nothing",
          place < second.count ? second[place] : "nothing"
        )
      }
      if a.hasPrefix("- name: ") { stage = String(a.dropFirst(8)) }
    }
    return nil
  }

  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map { String($0.drop { $0 == " " }) }
  }

  /// Without the braces that end behind them.
  private func entries(_ line: String) -> [String] {
    line.split(separator: ", ").map { entry in
      String(entry.prefix(entry.count - entry.reversed().prefix { $0 == "}" }.count))
    }
  }
}
