import RetortFormats
import RetortSchema

/// The JSON Schema of recipes, by which editors complete and check them.
///
/// It says of each key which values it takes. What depends on several keys, such as which keys a kind of
/// loss has, `retort check` tells.
package enum RecipeSchema {
  /// The schema, draft 2020-12.
  package static let json: JSONValue = {
    var members: [JSONValue.Member] = [
      .init("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      .init("title", .string("Retort recipe")),
    ]
    members += object(RecipeKeys.recipe)
    return .object(members)
  }()

  /// A map of the keys of `info` and their other spellings, and of nothing else.
  private static func object(_ info: MapInfo) -> [JSONValue.Member] {
    let properties = info.keys.flatMap { key in
      ([key.name] + key.aliases).map { JSONValue.Member($0, property(key)) }
    }
    return [
      .init("type", .string("object")), .init("properties", .object(properties)),
      .init("additionalProperties", .bool(false)),
    ]
  }

  /// The values of one key; null takes away what a recipe beneath has there.
  private static func property(_ key: KeyInfo) -> JSONValue {
    let owners = key.owners.isEmpty ? "" : " (\(key.owners.joined(separator: ", ")))"
    var members: [JSONValue.Member] = [.init("description", .string(key.meaning + owners))]
    if let text = key.defaultText, let value = literal(text, key.type) {
      members.append(.init("default", value))
    }
    let alternatives = values(key.type) + [[.init("type", .string("null"))]]
    members.append(.init("anyOf", .array(alternatives.map { .object($0) })))
    return .object(members)
  }

  private static func values(_ type: KeyType) -> [[JSONValue.Member]] {
    switch type {
    case .number(let range): return [number(range)]
    case .wholeNumber(let range): return [whole(range)]
    case .wholeNumbers(let range): return [list(of: whole(range))]
    case .numbers(let range): return [list(of: number(range))]
    case .seed: return [[.init("type", .string("integer")), .init("minimum", .integer(0))]]
    case .bool: return [[.init("type", .string("boolean"))]]
    case .text, .path: return [[.init("type", .string("string"))]]
    case .choice(let words):
      // YAML reads a word of digits, as the version is, as a number.
      let values = words.map { Int($0).map { .integer($0) } ?? .string($0) } as [JSONValue]
      return [[.init("enum", .array(values))]]
    case .choiceOrFile(let words, let suffix):
      let pattern = suffix.replacing(".", with: "\\.") + "$"
      return values(.choice(words)) + [
        [.init("type", .string("string")), .init("pattern", .string(pattern))]
      ]
    case .map(let info): return shorthand(of: info) + [object(info)]
    case .list(let info):
      let elements = shorthand(of: info) + [object(info)]
      return [
        [
          .init("type", .string("array")), .init("minItems", .integer(1)),
          .init("items", .object([.init("anyOf", .array(elements.map { .object($0) }))])),
        ]
      ]
    }
  }

  /// What may stand in place of a whole map.
  private static func shorthand(of info: MapInfo) -> [[JSONValue.Member]] {
    guard let key = info.shorthand.flatMap({ info[$0] }) else { return [] }
    return values(key.type)
  }

  private static func list(of element: [JSONValue.Member]) -> [JSONValue.Member] {
    [
      .init("type", .string("array")), .init("items", .object(element)),
      .init("minItems", .integer(1)),
    ]
  }

  private static func whole(_ range: ClosedRange<Int>) -> [JSONValue.Member] {
    [
      .init("type", .string("integer")), .init("minimum", .integer(range.lowerBound)),
      .init("maximum", .integer(range.upperBound)),
    ]
  }

  private static func number(_ range: NumberRange) -> [JSONValue.Member] {
    [
      .init("type", .string("number")),
      .init(range.includesLower ? "minimum" : "exclusiveMinimum", .real(range.lower)),
      .init(range.includesUpper ? "maximum" : "exclusiveMaximum", .real(range.upper)),
    ]
  }

  /// The default of a key as JSON; nil where it is a map or a list.
  private static func literal(_ text: String, _ type: KeyType) -> JSONValue? {
    switch type {
    case .number, .wholeNumber, .seed:
      Double(text).map { Int(text).map { .integer($0) } ?? .real($0) }
    case .bool: .bool(text == "true")
    case .text, .path, .choice, .choiceOrFile: .string(text)
    case .wholeNumbers, .numbers, .map, .list: nil
    }
  }
}
