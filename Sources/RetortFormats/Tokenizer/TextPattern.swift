/// A regular expression, or a fixed text, and where it matches.
///
/// The first alternative that leads to a match is taken, as in Perl. No pattern takes long: where many ways have led
/// nowhere, those that have been tried are kept and not tried again.
struct TextPattern: Equatable, Sendable {
  private let program: [Instruction]

  /// A set of characters.
  struct Characters: Equatable, Sendable {
    /// What members of the set are.
    enum Member: Equatable, Sendable {
      case range(ClosedRange<UInt32>)
      indirect case type(Kind, negated: Bool)
    }

    /// The classes that patterns name.
    enum Kind: Equatable, Sendable {
      case letter, number, mark, punctuation, space, digit, word, uppercase, lowercase, symbol
      case separator, other, any
    }

    var members: [Member]
    var isNegated = false
    /// Whether each character of ASCII is in the set, two words of bits.
    private var ascii: (UInt64, UInt64) = (0, 0)

    init(_ members: [Member], isNegated: Bool = false) {
      (self.members, self.isNegated) = (members, isNegated)
      for value in UInt32(0)..<128 where isMember(Unicode.Scalar(UInt8(value))) {
        if value < 64 { ascii.0 |= 1 << UInt64(value) } else { ascii.1 |= 1 << UInt64(value - 64) }
      }
    }

    static func == (a: Characters, b: Characters) -> Bool {
      a.members == b.members && a.isNegated == b.isNegated
    }

    @inline(__always)
    func has(_ scalar: Unicode.Scalar) -> Bool {
      let value = UInt64(scalar.value)
      if value < 64 { return ascii.0 >> value & 1 == 1 }
      if value < 128 { return ascii.1 >> (value - 64) & 1 == 1 }
      return isMember(scalar)
    }

    private func isMember(_ scalar: Unicode.Scalar) -> Bool {
      members.contains {
        switch $0 {
        case .range(let range): range.contains(scalar.value)
        case .type(let kind, let negated): kind.has(scalar) != negated
        }
      } != isNegated
    }
  }

  /// A step of matching.
  enum Instruction: Equatable, Sendable {
    /// Takes between `least` and `most` characters of the set, as many as possible first, or as few.
    case take(Characters, least: Int, most: Int, lazy: Bool)
    /// Goes on at the first place, or else at the second.
    case split(Int, Int)
    /// Goes on elsewhere.
    case jump(Int)
    /// Goes on if what follows matches, or does not.
    case look([Instruction], matches: Bool)
    /// Goes on at the start or the end of the text.
    case edge(isStart: Bool)
  }

  /// A pattern of compiled steps.
  init(_ program: [Instruction]) { self.program = program }

  /// A fixed text.
  init(literal text: String) {
    program = text.unicodeScalars.map {
      .take(Characters([.range($0.value...$0.value)]), least: 1, most: 1, lazy: false)
    }
  }

  /// The matches in the text, from left to right without overlap; none is empty.
  func matches(in text: ArraySlice<Unicode.Scalar>) -> [Range<Int>] {
    var (ranges, start, tried) = ([Range<Int>](), text.startIndex, Tried())
    while start < text.endIndex {
      if let end = Self.end(of: program, in: text, from: start, &tried), end > start {
        ranges.append(start..<end)
        start = end
      } else {
        start += 1
      }
    }
    return ranges
  }

  /// A way that has not been tried yet: the next step, and the places where it may go on, the last first.
  private struct Branch {
    var step: Int
    var places: ClosedRange<Int>
    var lazy = false
  }

  /// The ways that have led nowhere.
  private struct Tried {
    /// Their number.
    var count = 0
    /// Steps with the places where they were tried, from the time on when there are many.
    var states: Set<Int> = []

    /// The number of ways up to which it costs more to keep them.
    static let few = 10_000
  }

  /// Where the match that begins at `start` ends; nil for none.
  private static func end(
    of program: [Instruction], in text: ArraySlice<Unicode.Scalar>, from start: Int,
    _ tried: inout Tried
  ) -> Int? {
    var branches: [Branch] = []
    var (step, place) = (0, start)
    func fails() -> Bool {
      tried.count += 1
      guard let last = branches.last else { return true }
      step = last.step
      if last.lazy {
        place = last.places.lowerBound
      } else {
        place = last.places.upperBound
      }
      if last.places.count == 1 {
        branches.removeLast()
      } else if last.lazy {
        branches[branches.count - 1].places = last.places.lowerBound + 1...last.places.upperBound
      } else {
        branches[branches.count - 1].places = last.places.lowerBound...last.places.upperBound - 1
      }
      return false
    }
    while step < program.count {
      if tried.count > Tried.few,
        !tried.states.insert(step * (text.count + 1) + place - text.startIndex).inserted
      {
        if fails() { return nil }
        continue
      }
      var matched = true
      switch program[step] {
      case .take(let set, let least, let most, let lazy):
        var end = place
        let limit = most < text.endIndex - place ? place + most : text.endIndex
        while end < limit, set.has(text[end]) { end += 1 }
        if end - place < least {
          matched = false
        } else {
          let first = place + least
          step += 1
          if lazy {
            place = first
            if end > first {
              branches.append(Branch(step: step, places: first + 1...end, lazy: true))
            }
          } else {
            place = end
            if end > first { branches.append(Branch(step: step, places: first...end - 1)) }
          }
        }
      case .split(let first, let second):
        branches.append(Branch(step: second, places: place...place))
        step = first
      case .jump(let target): step = target
      case .look(let ahead, let matches):
        var inner = Tried()
        matched = (end(of: ahead, in: text, from: place, &inner) != nil) == matches
        step += 1
      case .edge(let isStart):
        matched = place == (isStart ? text.startIndex : text.endIndex)
        step += 1
      }
      if !matched, fails() { return nil }
    }
    // Some of them have led here.
    tried.states.removeAll()
    return place
  }
}

extension TextPattern.Characters.Kind {
  func has(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .letter: return UnicodeClasses.isLetter(scalar)
    case .number: return UnicodeClasses.isNumber(scalar)
    case .mark: return UnicodeClasses.isMark(scalar)
    case .space: return UnicodeClasses.isSpace(scalar)
    case .word: return UnicodeClasses.isWord(scalar)
    case .digit: return scalar.properties.generalCategory == .decimalNumber
    case .uppercase: return scalar.properties.generalCategory == .uppercaseLetter
    case .lowercase: return scalar.properties.generalCategory == .lowercaseLetter
    case .any: return true
    case .punctuation:
      return switch scalar.properties.generalCategory {
      case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
        .initialPunctuation, .finalPunctuation, .otherPunctuation:
        true
      default: false
      }
    case .symbol:
      return switch scalar.properties.generalCategory {
      case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: true
      default: false
      }
    case .separator:
      return switch scalar.properties.generalCategory {
      case .spaceSeparator, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    case .other:
      return switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned: true
      default: false
      }
    }
  }
}
