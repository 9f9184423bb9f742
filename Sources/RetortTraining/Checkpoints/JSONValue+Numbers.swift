import RetortFormats

extension JSONValue {
  /// A finite number in the shortest digits that read back the same; else null.
  package static func real(_ value: Double) -> JSONValue {
    value.isFinite ? .number("\(value)") : .null
  }

  /// A finite number that was computed in float32, in the shortest digits that read back as the same
  /// float32; else null.
  package static func single(_ value: Double) -> JSONValue {
    Float(value).isFinite ? .number("\(Float(value))") : .null
  }

  /// An integer.
  package static func integer(_ value: Int) -> JSONValue { .number("\(value)") }

  /// After how many steps a state of a result stands, and its accuracy on the examples held out for
  /// validation, in [0, 1]; nil where there are none.
  package var best: (step: Int, accuracy: Double)? {
    self["step"]?.int.flatMap { step in
      self["validation"]?["accuracy"]?.double.map { (step, $0) }
    }
  }

  /// An object of the given members, in order.
  package static func record(_ members: (String, JSONValue)...) -> JSONValue {
    .object(members.map { Member($0.0, $0.1) })
  }
}
