import RetortFormats

extension JSONValue {
  /// A finite number in the shortest digits that read back the same; else null.
  package static func real(_ value: Double) -> JSONValue {
    value.isFinite ? .number("\(value)") : .null
  }

  /// An integer.
  package static func integer(_ value: Int) -> JSONValue { .number("\(value)") }

  /// An object of the given members, in order.
  package static func record(_ members: (String, JSONValue)...) -> JSONValue {
    .object(members.map { Member($0.0, $0.1) })
  }
}
