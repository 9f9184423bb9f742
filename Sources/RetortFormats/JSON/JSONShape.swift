import RetortCore

/// Which keys a JSON value may have; of what type their values are is for the reader to say.
package indirect enum JSONShape: Equatable, Sendable {
  /// A number, a text, a truth value; or an object whose keys are names.
  case value
  /// An object of the given keys, any of which may be missing or null.
  case object([String: JSONShape])
  /// An object whose keys are names, and whose values are such.
  case map(JSONShape)
  /// An array of such values.
  case list(JSONShape)

  /// Refuses keys that are not known: whoever wrote them meant something by them.
  ///
  /// - Parameter field: What errors call the value; nil for the whole file.
  /// - Throws: `FormatError.Fault.unknownKey` for the first.
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
