/// The property of a configuration that holds a key's value.
public typealias KeyTarget<Root, Value> = WritableKeyPath<Root, Value> & Sendable

extension Key where Root: Configurable {
  /// A key of a value that is always present.
  private static func value<Value>(
    _ name: String, _ type: KeyType, _ meaning: String, _ target: KeyTarget<Root, Value>,
    read: @escaping @Sendable (MapReader) -> Value?,
    text: @escaping @Sendable (Value) -> String
  ) -> Self {
    let info = KeyInfo(
      name: name, type: type, defaultText: text(Root()[keyPath: target]), meaning: meaning)
    return Key(
      [info],
      read: { reader, root in if let found = read(reader) { root[keyPath: target] = found } },
      write: { [YAMLEntry(name, text($0[keyPath: target]))] })
  }

  /// A key of an optional value.
  private static func optional<Value>(
    _ name: String, _ type: KeyType, _ meaning: String, _ target: KeyTarget<Root, Value?>,
    read: @escaping @Sendable (MapReader) -> Value?,
    text: @escaping @Sendable (Value) -> String
  ) -> Self {
    let info = KeyInfo(
      name: name, type: type, defaultText: Root()[keyPath: target].map(text), meaning: meaning)
    return Key(
      [info],
      read: { reader, root in if let found = read(reader) { root[keyPath: target] = found } },
      write: { root in root[keyPath: target].map { [YAMLEntry(name, text($0))] } ?? [] })
  }

  /// A number.
  public static func number(
    _ name: String, _ target: KeyTarget<Root, Double>, _ range: NumberRange, _ meaning: String
  ) -> Self {
    value(
      name, .number(range), meaning, target, read: { $0.number(name, range) }, text: YAMLText.number
    )
  }

  /// An optional number.
  public static func number(
    _ name: String, _ target: KeyTarget<Root, Double?>, _ range: NumberRange, _ meaning: String
  ) -> Self {
    optional(
      name, .number(range), meaning, target, read: { $0.number(name, range) }, text: YAMLText.number
    )
  }

  /// An integer.
  public static func int(
    _ name: String, _ target: KeyTarget<Root, Int>, _ range: ClosedRange<Int>, _ meaning: String
  ) -> Self {
    value(
      name, .wholeNumber(range), meaning, target, read: { $0.int(name, range) }, text: { "\($0)" })
  }

  /// An optional integer.
  public static func int(
    _ name: String, _ target: KeyTarget<Root, Int?>, _ range: ClosedRange<Int>, _ meaning: String
  ) -> Self {
    optional(
      name, .wholeNumber(range), meaning, target, read: { $0.int(name, range) }, text: { "\($0)" })
  }

  /// A list of integers, at least one.
  public static func ints(
    _ name: String, _ target: KeyTarget<Root, [Int]>, _ range: ClosedRange<Int>, _ meaning: String
  ) -> Self {
    value(
      name, .wholeNumbers(range), meaning, target, read: { $0.ints(name, range) },
      text: { "\($0)" })
  }

  /// A list of numbers, at least one.
  public static func numbers(
    _ name: String, _ target: KeyTarget<Root, [Double]>, _ range: NumberRange, _ meaning: String
  ) -> Self {
    value(
      name, .numbers(range), meaning, target, read: { $0.numbers(name, range) },
      text: { YAMLText.list($0.map(YAMLText.number)) })
  }

  /// A Boolean.
  public static func bool(
    _ name: String, _ target: KeyTarget<Root, Bool>, _ meaning: String
  ) -> Self {
    value(name, .bool, meaning, target, read: { $0.bool(name) }, text: { "\($0)" })
  }

  /// A case of an enumeration.
  public static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ target: KeyTarget<Root, Choice>, _ meaning: String
  ) -> Self where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue)
    return value(
      name, .choice(words), meaning, target,
      read: { $0.choice(name, words).flatMap(Choice.init(rawValue:)) }, text: \.rawValue)
  }

  /// One of `words`.
  public static func choice(
    _ name: String, _ target: KeyTarget<Root, String>, of words: [String], _ meaning: String
  ) -> Self {
    value(
      name, .choice(words), meaning, target, read: { $0.choice(name, words) }, text: YAMLText.word)
  }

  /// An optional file or folder, as an absolute path.
  public static func path(
    _ name: String, _ target: KeyTarget<Root, String?>, _ meaning: String
  ) -> Self {
    optional(name, .path, meaning, target, read: { $0.path(name) }, text: YAMLText.word)
  }

  /// A string.
  public static func text(
    _ name: String, _ target: KeyTarget<Root, String>, _ meaning: String
  ) -> Self {
    value(name, .text, meaning, target, read: { $0.text(name) }, text: YAMLText.word)
  }

  /// An optional string.
  public static func text(
    _ name: String, _ target: KeyTarget<Root, String?>, _ meaning: String
  ) -> Self {
    optional(name, .text, meaning, target, read: { $0.text(name) }, text: YAMLText.word)
  }

  /// An optional seed.
  public static func seed(
    _ name: String, _ target: KeyTarget<Root, UInt64?>, _ meaning: String
  ) -> Self {
    optional(name, .seed, meaning, target, read: { $0.seed(name) }, text: { "\($0)" })
  }

  /// A nested map.
  public static func map<Value: Configurable>(
    _ name: String, _ target: KeyTarget<Root, Value>, _ meaning: String
  ) -> Self {
    value(
      name, .map(Value.mapInfo), meaning, target, read: { $0.inner(name).map(Value.init(from:)) },
      text: { YAMLText.map($0.entries) })
  }

  /// An optional nested map.
  public static func map<Value: Configurable>(
    _ name: String, _ target: KeyTarget<Root, Value?>, _ meaning: String
  ) -> Self {
    optional(
      name, .map(Value.mapInfo), meaning, target, read: { $0.inner(name).map(Value.init(from:)) },
      text: { YAMLText.map($0.entries) })
  }

  /// A list of maps, at least one.
  public static func list<Value: Configurable>(
    _ name: String, _ target: KeyTarget<Root, [Value]>, _ meaning: String
  ) -> Self {
    value(
      name, .list(Value.mapInfo), meaning, target,
      read: { $0.elements(name)?.map(Value.init(from:)) },
      text: { YAMLText.list($0.map { YAMLText.map($0.entries) }) })
  }

  /// An optional list of maps, at least one.
  public static func list<Value: Configurable>(
    _ name: String, _ target: KeyTarget<Root, [Value]?>, _ meaning: String
  ) -> Self {
    let info = KeyInfo(
      name: name, type: .list(Value.mapInfo), defaultText: nil, meaning: meaning)
    return Key(
      [info],
      read: { reader, root in
        guard let elements = reader.elements(name) else { return }
        root[keyPath: target] = elements.map(Value.init(from:))
      },
      write: { root in
        root[keyPath: target].map {
          [YAMLEntry(name, items: $0.map { YAMLText.map($0.entries) })]
        } ?? []
      })
  }
}
