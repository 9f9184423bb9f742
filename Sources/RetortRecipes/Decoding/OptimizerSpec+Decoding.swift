extension OptimizerSpec {
  init(_ reader: MapReader) {
    self.init()
    if let word = reader.choice("kind", Kind.allCases.map(\.rawValue)) {
      kind = Kind(rawValue: word) ?? kind
    }
    learningRate = reader.number("learning-rate", .positive(upTo: 1000)) ?? learningRate
    weightDecay = reader.number("weight-decay", .notNegative(upTo: 1000)) ?? weightDecay
    if kind == .sgd {
      momentum = reader.number("momentum", .belowOne) ?? momentum
      nesterov = reader.bool("nesterov", nesterov)
      reader.misplaced(
        ["beta1", "beta2", "epsilon"], kind: "sgd", belongTo: ["adam", "adamw"])
    } else {
      beta1 = reader.number("beta1", .belowOne) ?? beta1
      beta2 = reader.number("beta2", .belowOne) ?? beta2
      epsilon = reader.number("epsilon", .positive(upTo: 1)) ?? epsilon
      reader.misplaced(["momentum", "nesterov"], kind: kind.rawValue, belongTo: ["sgd"])
    }
    if let node = reader.value("schedule") {
      decodeSchedule(MapReader(node, reader.name("schedule"), reader.faults))
    }
    reader.finish()
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
        reader.misplaced(["every", "factor"], kind: other, belongTo: ["step"])
      } else {
        _ = (reader.value("every"), reader.value("factor"))
      }
      schedule = other == "cosine" ? .cosine : other == "one-cycle" ? .oneCycle : .constant
    }
    reader.finish()
  }
}

extension TrainSpec {
  init(_ reader: MapReader) {
    self.init()
    let most = 1_000_000_000
    batch = reader.int("batch", 1...1_000_000) ?? batch
    reader.exclude(["steps", "epochs"])
    if let steps = reader.int("steps", 1...most) { length = .steps(steps) }
    if let epochs = reader.int("epochs", 1...1_000_000) { length = .epochs(epochs) }
    evaluateEvery = reader.int("evaluate-every", 1...most)
    logEvery = reader.int("log-every", 1...most) ?? logEvery
    if let word = reader.choice("sampling", Sampling.allCases.map(\.rawValue)) {
      sampling = Sampling(rawValue: word) ?? sampling
    }
    reader.finish()
  }
}
