extension TrainSpec {
  /// - Parameters:
  ///   - trained: Whose weights the stage changes.
  ///   - validation: How many examples are held out.
  init(_ reader: MapReader, of trained: StageSpec.Player, validation: Int) {
    self.init()
    let most = Self.stepLimit
    batch = reader.int("batch", 1...1_000_000) ?? batch
    reader.exclude(["steps", "epochs"])
    if let steps = reader.int("steps", 1...most) { length = .steps(steps) }
    if let epochs = reader.int("epochs", 1...1_000_000) { length = .epochs(epochs) }
    if trained == .generator, validation == 0 {
      reader.misplaced(
        ["evaluate-every"], with: "a generator", belongTo: ["a classifier", "data.validation"])
    } else {
      evaluateEvery = reader.int("evaluate-every", 1...most)
    }
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
