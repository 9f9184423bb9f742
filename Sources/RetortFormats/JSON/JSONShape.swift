import RetortCore

/// The keys that a JSON value may have; types of values are left to the reader to check.
package indirect enum JSONShape: Equatable, Sendable {
  /// A number, string or Boolean; or an object with names as keys.
  case value
  /// An object of the given keys, any of which may be missing or null.
  case object([String: JSONShape])
  /// An object with names as keys and values of one shape.
  case map(JSONShape)
  /// An array of values of one shape.
  case list(JSONShape)

  /// Rejects unknown keys, which whoever wrote them meant to have an effect.
  ///
  /// - Parameter field: The value's name in errors; nil for the whole file.
  /// - Throws: `FormatError.Fault.unknownKey` for the first unknown key.
  package func check(
    _ json: JSONValue, path: String, in field: String? = nil
  ) throws(FormatError) {
    switch self {
    case .value: return
    case .list(let element):
      for (index, value) in (json.array ?? []).enumerated() {
        try element.check(value, path: path, in: "\(field ?? "")[\(index)]")
      }
    case .map(let element):
      for member in json.members ?? [] {
        try element.check(
          member.value, path: path, in: field.map { "\($0).\(member.key)" } ?? member.key)
      }
    case .object(let shapes):
      for member in json.members ?? [] {
        guard let shape = shapes[member.key] else {
          throw FormatError(
            path, in: field,
            .unknownKey(
              member.key, nearest: nearestNames(to: member.key, in: shapes.keys.sorted()).first))
        }
        try shape.check(
          member.value, path: path, in: field.map { "\($0).\(member.key)" } ?? member.key)
      }
    }
  }
}
