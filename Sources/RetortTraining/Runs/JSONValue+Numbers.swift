import RetortFormats

extension JSONValue {
  /// A finite number in the shortest digits that read back the same; else null.
  package static func real(_ value: Double) -> JSONValue {
    value.isFinite ? .number("\(value)") : .null
  }

  /// An integer.
  package static func integer(_ value: Int) -> JSONValue { .number("\(value)") }

  /// A best evaluation as `best` reads it; null for none.
  package static func best(_ best: (step: Int, accuracy: Double)?) -> JSONValue {
    best.map { .record(("step", .integer($0.step)), ("accuracy", .real($0.accuracy))) } ?? .null
  }

  /// After how many steps the test accuracy, in [0, 1], was best; nil for none.
  package var best: (step: Int, accuracy: Double)? {
    self["step"]?.int.flatMap { step in self["accuracy"]?.double.map { (step, $0) } }
  }

  /// An object of the given members, in order.
  package static func record(_ members: (String, JSONValue)...) -> JSONValue {
    .object(members.map { Member($0.0, $0.1) })
  }
}
