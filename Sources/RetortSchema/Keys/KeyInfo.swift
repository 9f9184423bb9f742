/// The description of one key of a map, from which recipes are explained, completed, checked and merged
/// without a value.
public struct KeyInfo: Equatable, Sendable {
  /// The name in recipes.
  public var name: String
  /// The type of its values.
  public var type: KeyType
  /// The default value as YAML; nil for no value.
  public var defaultText: String?
  /// The purpose, in half a line.
  public var meaning: String
  /// Whether the key is required.
  public var isRequired = false
  /// Other accepted spellings.
  public var aliases: [String] = []
  /// The keys of the same map that the key replaces.
  public var alternatives: [String] = []
  /// The states in which the key has an effect, such as names of kinds; empty if it always has.
  public var owners: [String] = []

  /// An optional key.
  public init(name: String, type: KeyType, defaultText: String?, meaning: String) {
    (self.name, self.type) = (name, type)
    (self.defaultText, self.meaning) = (defaultText, meaning)
  }
}

/// The type of a key's values.
public indirect enum KeyType: Equatable, Sendable {
  /// A number in the range.
  case number(NumberRange)
  /// An integer in the range.
  case wholeNumber(ClosedRange<Int>)
  /// A list of integers in the range, at least one.
  case wholeNumbers(ClosedRange<Int>)
  /// A list of numbers in the range, at least one.
  case numbers(NumberRange)
  /// An integer from 0 to 2⁶⁴ − 1.
  case seed
  /// A Boolean.
  case bool
  /// A string.
  case text
  /// A file or folder.
  case path
  /// One of these words.
  case choice([String])
  /// One of these words, or a file whose name ends in the suffix.
  case choiceOrFile([String], suffix: String)
  /// A nested map.
  case map(MapInfo)
  /// A list of maps, at least one.
  case list(MapInfo)

  /// The allowed values in words, for tables and messages.
  public var allowed: String {
    switch self {
    case .number(let range): range.description
    case .wholeNumber(let range): "from \(range.lowerBound) to \(range.upperBound)"
    case .wholeNumbers(let range):
      "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)"
    case .numbers(let range): "a list of numbers \(range)"
    case .seed: "a whole number, at least 0"
    case .bool: "true or false"
    case .text: "a word"
    case .path: "a path"
    case .choice(let words): words.listed("or")
    case .choiceOrFile(let words, let suffix): (words + ["a file '…\(suffix)'"]).listed("or")
    case .map(let map): "a map: " + map.keys.map(\.name).joined(separator: ", ")
    case .list(let map): "a list of maps: " + map.keys.map(\.name).joined(separator: ", ")
    }
  }
}

/// The description of a map, independent of a value.
public struct MapInfo: Equatable, Sendable {
  /// The keys, in order.
  public var keys: [KeyInfo]
  /// The keys that select what the map describes; a change of one invalidates all others.
  public var identities: [String]

  /// The key whose value alone may stand for the whole map; nil for none.
  public var shorthand: String?

  /// A description with the given keys.
  public init(keys: [KeyInfo], identities: [String] = [], shorthand: String? = nil) {
    (self.keys, self.identities, self.shorthand) = (keys, identities, shorthand)
  }

  /// The key `name`; nil if there is none.
  public subscript(name: String) -> KeyInfo? { keys.first { $0.name == name } }

  /// The description of the map, or of the list's maps, under `key`; nil for other values.
  package func inner(_ key: String) -> MapInfo? {
    switch self[key]?.type {
    case .map(let info), .list(let info): info
    default: nil
    }
  }
}

extension [String] {
  /// The words as an enumeration, such as `a, b or c`.
  package func listed(_ conjunction: String) -> String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
  }
}
