import RetortData
import RetortFormats
import RetortNN
import RetortRecipes
import RetortSchema

/// The examples of a stage: what it learns from, what choices are made by, and what it is tested on.
struct StageData {
  private(set) var training: any Dataset
  /// Training examples that were held out; nil for none.
  private(set) var validation: (any Dataset)?
  private(set) var test: any Dataset
  /// What the examples are.
  let examples: ExampleSpec
  /// What models that learn on them give.
  let outputs: OutputKind
  /// What texts became tokens by; nil where the examples are no texts.
  let tokenizer: Tokenizer?

  /// What was noticed as the examples were read.
  private(set) var notes: [String]

  /// What was read, by what recipes call it, so that stages share it.
  final class Cache {
    fileprivate var parts: [[YAMLEntry]: DatasetParts] = [:]
    /// What the user has been told of them.
    var told: Set<String> = []
  }

  /// Loads and selects what a stage asks for.
  ///
  /// - Parameters:
  ///   - spec: What is asked for.
  ///   - seed: What choices depend on unless the stage says it.
  ///   - cache: What has been loaded.
  ///   - isRehearsal: Whether the examples' contents have no effect and are not read.
  /// - Throws: `DataError` for missing files or impossible selections.
  init(
    _ spec: DataSpec, seed: UInt64, _ cache: Cache = Cache(), isRehearsal: Bool = false
  ) throws(DataError) {
    let source = DatasetCatalog.all.entries(of: spec.source)
    let parts: DatasetParts
    if let known = cache.parts[source] { parts = known } else { parts = try spec.source.load() }
    cache.parts[source] = parts
    notes = parts.notes
    (examples, tokenizer) = (parts.examples, parts.tokenizer)
    outputs = spec.source.outputs
    func content(_ dataset: any Dataset) -> any Dataset {
      isRehearsal ? UnreadDataset(dataset) : dataset
    }
    test = content(parts.test)
    if spec.validation > 0, parts.validation != nil {
      throw .secondValidation(count: spec.validation)
    }
    let chosen = try spec.chosen(of: parts.training, seed: spec.seed ?? seed)
    training = content(chosen.training)
    validation = (parts.validation ?? chosen.validation).map(content)
  }
}

extension StageData {
  /// Gives classes to examples without labels, of which nothing but a teacher says what classes there are.
  mutating func take(classNames: [String]) {
    training = RelabelledDataset(training, classNames: classNames)
    if let heldOut = validation {
      validation = RelabelledDataset(heldOut, classNames: classNames)
    }
    test = RelabelledDataset(test, classNames: classNames)
  }

  /// Numbers the classes as a classifier does that calls them by the same names.
  ///
  /// - Parameters:
  ///   - names: What the classifier calls its classes.
  ///   - title: What messages call the classifier.
  mutating func takeOrder(of names: [String], of title: String) {
    switch ClassOrder(of: names, beside: test.classNames) {
    case .same: break
    case .other:
      training = RelabelledDataset(training, ordered: names)
      validation = validation.map { RelabelledDataset($0, ordered: names) }
      test = RelabelledDataset(test, ordered: names)
      notes.append("the classes have the \(title)'s order, which is not that of the data")
    case .otherNames:
      notes.append(
        "the \(title) calls its classes \(names.shortList), and the data call them "
          + "\(test.classNames.shortList): they are taken for the same in this order")
    }
  }

  /// Gives labels to the examples that choices are made by and that are measured on.
  ///
  /// - Parameter label: The labels of examples.
  mutating func label(_ label: (any Dataset) throws -> [Int32]) rethrows {
    let names = test.classNames
    if let heldOut = validation {
      validation = RelabelledDataset(heldOut, labels: try label(heldOut), classNames: names)
    }
    test = RelabelledDataset(test, labels: try label(test), classNames: names)
  }
}

extension DataSpec {
  /// The examples to train on and those held out for validation.
  fileprivate func chosen<Examples: Dataset>(
    of all: Examples, seed: UInt64
  ) throws(DataError) -> (training: any Dataset, validation: (any Dataset)?) {
    var training = all
    var heldOut: Examples?
    if validation > 0 {
      let (rest, held) = try training.holdingOut(validation, seed: seed)
      (training, heldOut) = (rest, held)
    }
    switch selection {
    case .all: break
    case .labelled(let count): training = try training.limited(labelled: count, seed: seed)
    case .longTail(let imbalance):
      training = try training.longTail(imbalance: imbalance, seed: seed)
    case .stepImbalance(let imbalance):
      training = try training.stepImbalance(imbalance, seed: seed)
    }
    guard training.count > 0 else {
      throw DataError.tooFewExamples(wanted: 1, available: 0, className: nil)
    }
    return (training, heldOut)
  }
}
