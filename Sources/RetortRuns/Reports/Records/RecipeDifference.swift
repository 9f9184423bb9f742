/// A line-by-line comparison of two texts, with context.
enum RecipeDifference {
  /// A part of a line.
  struct Piece: Equatable {
    var text: String
    /// Whether the piece differs from the other text.
    var isChanged: Bool
  }

  /// A line of the comparison.
  enum Line: Equatable {
    case same(String)
    case removed([Piece])
    case added([Piece])
    /// The number of equal lines that are not shown.
    case skipped(Int)
  }

  /// The largest numbers of lines, and of words per line, that are compared: the time grows with the square
  /// of the differences.
  private static let lineLimit = 1000, wordLimit = 200
  /// The number of equal lines shown around each difference.
  private static let context = 2

  /// The changes from `old` to `new`; nil if too many lines differ.
  static func lines(_ old: String, _ new: String) -> [Line]? {
    let (old, new) = (RecipeText.lines(old), RecipeText.lines(new))
    let start = zip(old, new).prefix { $0 == $1 }.count
    let shorter = min(old.count, new.count) - start
    let end = zip(old.reversed(), new.reversed()).prefix(shorter).prefix { $0 == $1 }.count
    let (a, b) = (Array(old[start..<old.count - end]), Array(new[start..<new.count - end]))
    guard a.count <= lineLimit, b.count <= lineLimit else { return nil }
    var lines = old[..<start].map { Line.same(String($0)) }
    var (removed, added) = ([Substring](), [Substring]())
    func flush() {
      // Lines that replace each other are compared word by word.
      let pairs = zip(removed, added).map { words($0, $1) }
      func whole(_ lines: [Substring]) -> [[Piece]] {
        lines.dropFirst(pairs.count).map { [Piece(text: String($0), isChanged: false)] }
      }
      lines += (pairs.map(\.old) + whole(removed)).map { .removed($0) }
      lines += (pairs.map(\.new) + whole(added)).map { .added($0) }
      (removed, added) = ([], [])
    }
    for change in changes(a, b) {
      switch change {
      case .same(let line):
        flush()
        lines.append(.same(String(line)))
      case .removed(let line): removed.append(line)
      case .added(let line): added.append(line)
      }
    }
    flush()
    return shortened(lines + old[(old.count - end)...].map { .same(String($0)) })
  }

  private enum Change<Element> {
    case same(Element)
    case removed(Element)
    case added(Element)
  }

  /// The shortest sequence of changes from `old` to `new`.
  private static func changes<Element: Equatable>(_ old: [Element], _ new: [Element])
    -> [Change<Element>]
  {
    let difference = new.difference(from: old)
    let removed = Set(
      difference.removals.map { change -> Int in
        if case .remove(let offset, _, _) = change { offset } else { -1 }
      })
    let added = Set(
      difference.insertions.map { change -> Int in
        if case .insert(let offset, _, _) = change { offset } else { -1 }
      })
    var changes: [Change<Element>] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if removed.contains(i) {
        changes.append(.removed(old[i]))
        i += 1
      } else if added.contains(j) {
        changes.append(.added(new[j]))
        j += 1
      } else {
        changes.append(.same(old[i]))
        (i, j) = (i + 1, j + 1)
      }
    }
    return changes
  }

  /// Two lines as pieces, with the differing ones marked.
  private static func words(_ old: Substring, _ new: Substring) -> (old: [Piece], new: [Piece]) {
    let (a, b) = (split(old), split(new))
    guard a.count <= wordLimit, b.count <= wordLimit else {
      return (
        [Piece(text: String(old), isChanged: false)], [Piece(text: String(new), isChanged: false)]
      )
    }
    var (left, right) = ([Piece](), [Piece]())
    for change in changes(a, b) {
      switch change {
      case .same(let word):
        append(word, false, to: &left)
        append(word, false, to: &right)
      case .removed(let word): append(word, true, to: &left)
      case .added(let word): append(word, true, to: &right)
      }
    }
    return (left, right)
  }

  private static func append(_ word: Substring, _ isChanged: Bool, to pieces: inout [Piece]) {
    if let last = pieces.indices.last, pieces[last].isChanged == isChanged {
      pieces[last].text += word
    } else {
      pieces.append(Piece(text: String(word), isChanged: isChanged))
    }
  }

  /// The words and separators of a line.
  private static func split(_ line: Substring) -> [Substring] {
    var (words, start) = ([Substring](), line.startIndex)
    for index in line.indices where " ,{}[]".contains(line[index]) {
      if start < index { words.append(line[start..<index]) }
      let next = line.index(after: index)
      words.append(line[index..<next])
      start = next
    }
    return start < line.endIndex ? words + [line[start...]] : words
  }

  /// `lines` without equal lines far from any difference.
  private static func shortened(_ lines: [Line]) -> [Line] {
    func isSame(_ line: Line) -> Bool { if case .same = line { true } else { false } }
    var isShown = lines.map { !isSame($0) }
    for index in lines.indices where !isSame(lines[index]) {
      for near in max(0, index - context)...min(lines.count - 1, index + context) {
        isShown[near] = true
      }
    }
    var (result, skipped) = ([Line](), 0)
    for (line, isShown) in zip(lines, isShown) {
      if isShown, skipped > 0 { result.append(.skipped(skipped)) }
      skipped = isShown ? 0 : skipped + 1
      if isShown { result.append(line) }
    }
    return skipped > 0 ? result + [.skipped(skipped)] : result
  }
}
