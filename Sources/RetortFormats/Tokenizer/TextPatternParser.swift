/// Compiles regular expressions as they stand in tokenizer files.
///
/// Known are characters, `.`, sets with ranges and classes, `\s \d \w \S \D \W`, `\p{L}` and the like, groups without
/// captures, `(?i:`, `(?=`, `(?!`, alternatives, `^` and `$`, and repetitions of a character, a set or a group without
/// repetitions.
struct TextPatternParser {
  private typealias Instruction = TextPattern.Instruction
  private typealias Characters = TextPattern.Characters

  /// What is not supported, or is no pattern.
  struct Fault: Error { var what: String }

  private let text: [Unicode.Scalar]
  private var place = 0
  private var ignoresCase = false
  private var depth = 0

  /// The pattern of a regular expression.
  ///
  /// - Throws: `Fault` for what is not supported.
  static func pattern(_ source: String) throws(Fault) -> TextPattern {
    var parser = TextPatternParser(text: Array(source.unicodeScalars))
    let program = try parser.alternatives()
    guard parser.place == parser.text.count else { throw Fault(what: "')' without '('") }
    return TextPattern(program)
  }

  private init(text: [Unicode.Scalar]) { self.text = text }

  private var next: Unicode.Scalar? { place < text.count ? text[place] : nil }

  private mutating func take(_ expected: String) -> Bool {
    guard text[place...].starts(with: expected.unicodeScalars) else { return false }
    place += expected.unicodeScalars.count
    return true
  }

  private mutating func alternatives() throws(Fault) -> [Instruction] {
    depth += 1
    defer { depth -= 1 }
    guard depth < 32 else { throw Fault(what: "groups nested deeper than 32") }
    var programs = [try sequence()]
    while take("|") { programs.append(try sequence()) }
    // From the last on: split to this one or to the rest, and jump over the rest behind it.
    var result = programs.removeLast()
    for program in programs.reversed() {
      let rest = Self.moved(result, by: program.count + 2)
      result =
        [.split(1, program.count + 2)] + Self.moved(program, by: 1)
        + [.jump(program.count + 2 + rest.count)] + rest
    }
    return result
  }

  private mutating func sequence() throws(Fault) -> [Instruction] {
    var result: [Instruction] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let item = try repeated(try item())
      guard result.count + item.count < 4096 else { throw Fault(what: "so long a pattern") }
      result += Self.moved(item, by: result.count)
    }
    return result
  }

  private mutating func item() throws(Fault) -> [Instruction] {
    if take("(?i:") {
      let before = ignoresCase
      ignoresCase = true
      defer { ignoresCase = before }
      return try group()
    }
    for (opening, matches) in [("(?=", true), ("(?!", false)] where take(opening) {
      return [.look(try group(), matches: matches)]
    }
    if take("(?:") { return try group() }
    if take("(?") { throw Fault(what: "'(?\(next.map(String.init) ?? "")'") }
    if take("(") { return try group() }
    if take("^") { return [.edge(isStart: true)] }
    if take("$") { return [.edge(isStart: false)] }
    if take(".") {
      return [.take(Characters([.range(10...10)], isNegated: true), least: 1, most: 1, lazy: false)]
    }
    return [.take(try set(), least: 1, most: 1, lazy: false)]
  }

  private mutating func group() throws(Fault) -> [Instruction] {
    let program = try alternatives()
    guard take(")") else { throw Fault(what: "'(' without ')'") }
    return program
  }

  /// The item with the repetition that stands behind it.
  private mutating func repeated(_ item: [Instruction]) throws(Fault) -> [Instruction] {
    let start = place
    guard let (least, most) = try bounds() else { return item }
    let lazy = take("?")
    if take("+") { throw Fault(what: "the possessive '\(text(from: start))'") }
    if item.count == 1, case .take(let set, 1, 1, _) = item[0] {
      return [.take(set, least: least, most: most, lazy: lazy)]
    }
    guard least <= 1, most == 1, !lazy else {
      throw Fault(what: "'\(text(from: start))' behind a group")
    }
    return least == 1 ? item : [.split(1, item.count + 1)] + Self.moved(item, by: 1)
  }

  private func text(from start: Int) -> String {
    String(String.UnicodeScalarView(text[start..<place]))
  }

  private mutating func bounds() throws(Fault) -> (Int, Int)? {
    if take("*") { return (0, .max) }
    if take("+") { return (1, .max) }
    if take("?") { return (0, 1) }
    guard take("{") else { return nil }
    let least = number()
    let most = take(",") ? number() ?? Int.max : least
    guard take("}"), let most, most > 0, (least ?? 0) <= most else {
      throw Fault(what: "such a repetition")
    }
    return (least ?? 0, most)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let scalar = next, "0"..."9" ~= scalar, digits.count < 6 {
      digits.unicodeScalars.append(scalar)
      place += 1
    }
    return Int(digits)
  }

  /// One character, a class, or a set in brackets.
  private mutating func set() throws(Fault) -> Characters {
    guard take("[") else { return Characters(try members()) }
    let isNegated = take("^")
    var members: [Characters.Member] = []
    while !take("]") {
      guard next != nil else { throw Fault(what: "'[' without ']'") }
      if take("[") { throw Fault(what: "a set within a set") }
      if take("&&") { throw Fault(what: "'&&' in a set") }
      let found = try self.members()
      if case .range(let low)? = found.first, place + 1 < text.count, next == "-",
        text[place + 1] != "]"
      {
        place += 1
        guard case .range(let high)? = try self.members().first, low.lowerBound <= high.lowerBound
        else {
          throw Fault(what: "such a range of characters")
        }
        members.append(.range(low.lowerBound...high.lowerBound))
        guard !ignoresCase else { throw Fault(what: "a range of characters in '(?i:'") }
      } else {
        members += found
      }
    }
    return Characters(members, isNegated: isNegated)
  }

  /// A character, in both cases if case is ignored, or a class.
  private mutating func members() throws(Fault) -> [Characters.Member] {
    guard let scalar = next else { throw Fault(what: "a pattern that ends early") }
    place += 1
    guard scalar == "\\" else { return literal(scalar) }
    guard let escaped = next else { throw Fault(what: "a pattern that ends early") }
    place += 1
    switch escaped {
    case "s": return [.type(.space, negated: false)]
    case "S": return [.type(.space, negated: true)]
    case "d": return [.type(.digit, negated: false)]
    case "D": return [.type(.digit, negated: true)]
    case "w": return [.type(.word, negated: false)]
    case "W": return [.type(.word, negated: true)]
    case "n": return literal("\n")
    case "r": return literal("\r")
    case "t": return literal("\t")
    case "p", "P": return [try property(negated: escaped == "P")]
    case "0"..."9", "A"..."Z", "a"..."z": throw Fault(what: "'\\\(escaped)'")
    default: return literal(escaped)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> [Characters.Member] {
    let cases = [
      String(scalar), scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping,
    ].prefix(ignoresCase ? 3 : 1)
    var values: [UInt32] = []
    for text in cases {
      guard let only = text.unicodeScalars.first, text.unicodeScalars.count == 1,
        !values.contains(only.value)
      else { continue }
      values.append(only.value)
    }
    return values.map { .range($0...$0) }
  }

  private mutating func property(negated: Bool) throws(Fault) -> Characters.Member {
    let start = place
    guard take("{") else { throw Fault(what: "'\\p' without '{'") }
    let inverted = take("^")
    while let scalar = next, scalar != "}" {
      _ = scalar
      place += 1
    }
    let name = text(from: start + (inverted ? 2 : 1))
    guard take("}"), let kind = Self.properties[name] else { throw Fault(what: "'\\p{\(name)}'") }
    return .type(kind, negated: negated != inverted)
  }

  private static let properties: [String: Characters.Kind] = [
    "L": .letter, "Letter": .letter, "N": .number, "Number": .number, "M": .mark, "Mark": .mark,
    "P": .punctuation, "Punctuation": .punctuation, "S": .symbol, "Symbol": .symbol,
    "Z": .separator,
    "Separator": .separator, "C": .other, "Nd": .digit, "Lu": .uppercase, "Ll": .lowercase,
  ]

  /// The steps where those they go on to stand `offset` further.
  private static func moved(_ program: [Instruction], by offset: Int) -> [Instruction] {
    program.map {
      switch $0 {
      case .split(let first, let second): .split(first + offset, second + offset)
      case .jump(let target): .jump(target + offset)
      default: $0
      }
    }
  }
}
