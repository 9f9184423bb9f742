/// A part of a `tokenizer.json`: an object with a type, and its place in the file.
struct TokenizerPart {
  let json: JSONValue
  let path: String
  /// The place in errors, such as `normalizer`.
  let field: String

  /// The place of `key` in errors.
  private func place(_ key: String) -> String { field.isEmpty ? key : "\(field).\(key)" }

  /// The name under `type`; empty for none.
  var type: String { json["type"]?.string ?? "" }

  /// The fault of something that Retort does not read.
  func unsupported(_ key: String?, _ what: String, supported: String) -> FormatError {
    FormatError(
      path, in: key.map(place) ?? field,
      .unsupported(what: what, supported: supported))
  }

  /// The fault of a value that should be `expected`.
  func wrong(_ key: String, _ expected: String) -> FormatError {
    FormatError(
      path, in: place(key),
      .wrongType(
        expected: expected, found: json[key].map { String($0.text.prefix(80)) } ?? "nothing"))
  }

  /// Refuses keys other than these and `type`, which would have an effect that is not known.
  func knows(_ keys: String...) throws(FormatError) {
    for member in json.members ?? [] where member.key != "type" && !keys.contains(member.key) {
      throw unsupported(nil, "key '\(member.key)'", supported: keys.joined(separator: ", "))
    }
  }

  /// The Boolean under `key`, or `usual` without one.
  func bool(_ key: String, or usual: Bool) throws(FormatError) -> Bool {
    guard let value = json[key], value != .null else { return usual }
    guard let bool = value.bool else { throw wrong(key, "true or false") }
    return bool
  }

  /// The text under `key`.
  func text(_ key: String) throws(FormatError) -> String {
    guard let text = json[key]?.string else { throw wrong(key, "a string") }
    return text
  }

  /// The only character of the text under `key`.
  func character(_ key: String) throws(FormatError) -> Unicode.Scalar {
    let scalars = try text(key).unicodeScalars
    guard let only = scalars.first, scalars.count == 1 else { throw wrong(key, "one character") }
    return only
  }

  /// The id under `key`, from 0.
  func id(_ key: String) throws(FormatError) -> Int32 {
    guard let id = json[key]?.int, (0..<1 << 24).contains(id) else { throw wrong(key, "an id") }
    return Int32(id)
  }

  /// The parts in the list under `key`.
  func list(_ key: String) throws(FormatError) -> [TokenizerPart] {
    guard let list = json[key]?.array else { throw wrong(key, "a list") }
    return list.enumerated().map {
      TokenizerPart(json: $1, path: path, field: "\(place(key))[\($0)]")
    }
  }

  /// The part under `key`; nil for none.
  func part(_ key: String) -> TokenizerPart? {
    guard let json = json[key], json != .null else { return nil }
    return TokenizerPart(json: json, path: path, field: place(key))
  }

  /// The pattern under `key`: `{"String": …}` or `{"Regex": …}`.
  func pattern(_ key: String) throws(FormatError) -> TextPattern {
    if let text = json[key]?["String"]?.string {
      guard !text.isEmpty else { throw wrong(key, "a text to look for") }
      return TextPattern(literal: text)
    }
    guard let source = json[key]?["Regex"]?.string else { throw wrong(key, "a String or a Regex") }
    do throws(TextPatternParser.Fault) {
      return try TextPatternParser.pattern(source)
    } catch {
      throw unsupported(
        key, "\(error.what) in '\(source)'",
        supported: "characters, sets, classes, groups, alternatives, lookahead and repetitions")
    }
  }
}
