import RetortCore

extension OptimizerSpec {
  init(_ reader: MapReader) {
    self.init()
    if let word = reader.choice("kind", Kind.allCases.map(\.rawValue)) {
      kind = Kind(rawValue: word) ?? kind
    }
    learningRate = reader.number("learning-rate", .positive(upTo: 1000)) ?? learningRate
    weightDecay = reader.number("weight-decay", .notNegative(upTo: 1000)) ?? weightDecay
    switch kind {
    case .sgd:
      momentum = reader.number("momentum", .belowOne) ?? momentum
      nesterov = reader.bool("nesterov", nesterov)
    case .adam, .adamw:
      beta1 = reader.number("beta1", .belowOne) ?? beta1
      beta2 = reader.number("beta2", .belowOne) ?? beta2
      epsilon = reader.number("epsilon", .positive(upTo: 1)) ?? epsilon
    case .rmsprop:
      alpha = reader.number("alpha", .belowOne) ?? alpha
      epsilon = reader.number("epsilon", .positive(upTo: 1)) ?? epsilon
      momentum = reader.number("momentum", .belowOne) ?? 0
      centered = reader.bool("centered", centered)
    }
    for (key, owners) in OptimizerSpec.owners where !owners.contains(kind) {
      reader.misplaced(
        [key], with: "'\(kind.rawValue)'", belongTo: owners.map(\.rawValue))
    }
    decodeClipping(reader)
    averaging = reader.inner("average").map { WeightAveraging($0) }
    if let inner = reader.inner("schedule") { decodeSchedule(inner) }
    reader.finish()
  }

  /// The keys that only some kinds know.
  private static let owners: [(key: String, kinds: [Kind])] = [
    ("momentum", [.sgd, .rmsprop]), ("nesterov", [.sgd]), ("beta1", [.adam, .adamw]),
    ("beta2", [.adam, .adamw]), ("epsilon", [.adam, .adamw, .rmsprop]), ("alpha", [.rmsprop]),
    ("centered", [.rmsprop]),
  ]

  private mutating func decodeClipping(_ reader: MapReader) {
    reader.exclude(["clip-norm", "clip-value"])
    if let limit = reader.number("clip-value", .positive()) { clipping = .value(limit) }
    if let limit = reader.number("clip-norm", .positive()) { clipping = .norm(limit) }
  }

  private mutating func decodeSchedule(_ reader: MapReader) {
    let word = reader.requiredChoice("kind", ["constant", "step", "cosine", "one-cycle"])
    warmup = reader.int("warmup", 0...1_000_000_000) ?? 0
    switch word {
    case "step":
      reader.require("every")
      schedule = .step(
        every: reader.int("every", 1...1_000_000_000) ?? 1,
        factor: reader.number("factor", .positive(upTo: 1)) ?? 0.1)
    case let other:
      if let other {
        reader.misplaced(["every", "factor"], with: "'\(other)'", belongTo: ["step"])
      } else {
        reader.pass(over: ["every", "factor"])
      }
      schedule = other == "cosine" ? .cosine : other == "one-cycle" ? .oneCycle : .constant
    }
    reader.finish()
  }
}

extension WeightAveraging {
  fileprivate init(_ reader: MapReader) {
    let (kinds, standard) = (["exponential", "equal"], "exponential")
    let word = reader.value("kind") == nil ? standard : reader.choice("kind", kinds)
    let from = reader.int("from", 0...1_000_000_000)
    switch word {
    case "equal":
      reader.require("from")
      reader.misplaced(["decay"], with: "'equal'", belongTo: [standard])
      self = .equal(from: from ?? 0)
    case let other:
      if other == standard { reader.require("decay") }
      self = .exponential(decay: reader.number("decay", .belowOne) ?? 0, from: from ?? 0)
    }
    reader.finish()
  }
}
