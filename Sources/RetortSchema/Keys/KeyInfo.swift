/// What is known of one key of a map: enough to explain, complete, check and merge recipes without a
/// value.
public struct KeyInfo: Equatable, Sendable {
  /// What a recipe calls it.
  public var name: String
  /// Which values it takes.
  public var type: KeyType
  /// The value that holds where a recipe has none, as YAML; nil for no value.
  public var defaultText: String?
  /// What it is for, in half a line.
  public var meaning: String
  /// Whether a map must have it.
  public var isRequired = false
  /// Other spellings that are understood.
  public var aliases: [String] = []
  /// Keys of the same map whose place it takes.
  public var alternatives: [String] = []
  /// With what it has an effect, such as names of kinds; empty where it always has.
  public var owners: [String] = []

  /// A key that a map may leave out.
  public init(name: String, type: KeyType, defaultText: String?, meaning: String) {
    (self.name, self.type) = (name, type)
    (self.defaultText, self.meaning) = (defaultText, meaning)
  }
}

/// Which values a key takes.
public indirect enum KeyType: Equatable, Sendable {
  /// A number of the range.
  case number(NumberRange)
  /// A whole number of the range.
  case wholeNumber(ClosedRange<Int>)
  /// A list of whole numbers of the range, at least one.
  case wholeNumbers(ClosedRange<Int>)
  /// A whole number from 0 to 2⁶⁴ − 1.
  case seed
  /// true or false.
  case bool
  /// Any text.
  case text
  /// A file or folder.
  case path
  /// One of these words.
  case choice([String])
  /// A map.
  case map(MapInfo)
  /// A list of such maps, at least one.
  case list(MapInfo)

  /// The values as tables and messages say them.
  public var allowed: String {
    switch self {
    case .number(let range): range.description
    case .wholeNumber(let range): "from \(range.lowerBound) to \(range.upperBound)"
    case .wholeNumbers(let range):
      "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)"
    case .seed: "a whole number, at least 0"
    case .bool: "true or false"
    case .text: "a word"
    case .path: "a path"
    case .choice(let words): words.listed("or")
    case .map(let map): "a map: " + map.keys.map(\.name).joined(separator: ", ")
    case .list(let map): "a list of maps: " + map.keys.map(\.name).joined(separator: ", ")
    }
  }
}

/// What is known of a map without a value.
public struct MapInfo: Equatable, Sendable {
  /// Its keys, in order.
  public var keys: [KeyInfo]
  /// The keys that say what the map describes: another value of one makes all others meaningless.
  public var identities: [String]

  /// The key whose value may stand in place of the whole map; nil for none.
  public var shorthand: String?

  /// A map of `keys`.
  public init(keys: [KeyInfo], identities: [String] = [], shorthand: String? = nil) {
    (self.keys, self.identities, self.shorthand) = (keys, identities, shorthand)
  }

  /// The key called `name`.
  public subscript(name: String) -> KeyInfo? { keys.first { $0.name == name } }

  /// What is known of the map, or the maps of the list, under `key`.
  package func inner(_ key: String) -> MapInfo? {
    switch self[key]?.type {
    case .map(let info), .list(let info): info
    default: nil
    }
  }
}

extension [String] {
  /// The words in a row, such as `a, b or c`.
  package func listed(_ conjunction: String) -> String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
  }
}
