extension TrainSpec {
  init(_ reader: MapReader) {
    self.init()
    let most = Self.stepLimit
    batch = reader.int("batch", 1...1_000_000) ?? batch
    reader.exclude(["steps", "epochs"])
    if let steps = reader.int("steps", 1...most) { length = .steps(steps) }
    if let epochs = reader.int("epochs", 1...1_000_000) { length = .epochs(epochs) }
    evaluateEvery = reader.int("evaluate-every", 1...most)
    logEvery = reader.int("log-every", 1...most) ?? logEvery
    if let word = reader.choice("sampling", Sampling.allCases.map(\.rawValue)) {
      sampling = Sampling(rawValue: word) ?? sampling
    }
    if let word = reader.choice("keep", Kept.allCases.map(\.rawValue)) {
      kept = Kept(rawValue: word) ?? kept
    }
    patience = reader.int("patience", 1...most)
    reader.finish()
  }
}
