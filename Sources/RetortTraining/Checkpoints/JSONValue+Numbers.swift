import RetortFormats

extension JSONValue {
  /// A finite number in the shortest digits that read back as the same double; else null.
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

  /// The step of a result's best state and its validation accuracy, in [0, 1]; nil where either is missing.
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
