import RetortFormats
import RetortNN
import RetortSchema

/// A dataset of files that may lack a part to be measured on, of which a share is taken for that.
public protocol SharedOut: NamedDataset {
  /// The share of the training examples that is measured on where there is no part for that.
  var testShare: Double { get set }
  /// What the choice of that share depends on.
  var splitSeed: Int { get set }
}

extension Key where Root: SharedOut {
  /// The key of the share.
  public static var testShare: Key<Root> {
    .number(
      "test-share", \.testShare, .insideUnit,
      "the share to be measured on, where there is no part for that")
  }

  /// The key of what the choice depends on.
  public static var splitSeed: Key<Root> {
    .int(
      "split-seed", \.splitSeed, 0...1_000_000_000, "what the choice of that share depends on"
    ).omittedAtDefault()
  }
}

extension SharedOut {
  /// The parts of the set: without a test part the one for validation is measured on, and without both a
  /// share of the training examples, of all classes alike, whatever the recipe's seed.
  ///
  /// - Throws: `DataError.tooFewExamples` for a class that has none to learn from.
  func parts<Examples: Dataset>(
    training: Examples, validation: Examples?, test: Examples?, examples: ExampleSpec,
    tokenizer: Tokenizer? = nil, notes: [String] = []
  ) throws(DataError) -> DatasetParts {
    if training.isLabelled, let empty = training.classCounts.firstIndex(of: 0) {
      throw .tooFewExamples(wanted: 1, available: 0, className: training.classNames[empty])
    }
    if let measured = test ?? validation {
      return DatasetParts(
        training: training, validation: test == nil ? nil : validation, test: measured,
        examples: examples, tokenizer: tokenizer, notes: notes)
    }
    let count = max(1, Int((testShare * Double(training.count)).rounded()))
    let (rest, heldOut) = try training.holdingOut(count, seed: UInt64(splitSeed))
    if let empty = rest.classCounts.firstIndex(of: 0) {
      throw .tooFewExamples(
        wanted: 2, available: training.classCounts[empty], className: training.classNames[empty])
    }
    let name = Self.explanation.name
    return DatasetParts(
      training: rest, test: heldOut.subset(Array(0..<heldOut.count), name: "\(name) test"),
      examples: examples, tokenizer: tokenizer, notes: notes)
  }
}
