import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes
import RetortSchema
import RetortTraining

/// A trained model as runs write it: `config.json` beside `model.safetensors`.
public struct StoredModel: Sendable {
  /// Where it lies.
  public let folder: String
  /// The catalog's name and all options.
  public let spec: PlayerSpec
  /// The number of classes it tells apart.
  public let classes: Int
  /// What the classes are called; their numbers where the file has no names.
  public let classNames: [String]
  /// What it reads; nil where the file does not say it.
  public let examples: ExampleSpec?
  /// What its texts become tokens by; nil for a model that reads no text.
  public let tokenizer: WordPiece?
  private let weights: [NamedWeights]

  /// Reads the model that `location` leads to: a file of weights, or the folder of a model, a stage or a
  /// run.
  ///
  /// - Parameters:
  ///   - location: A file of weights, or the folder of a model, a stage or a run.
  ///   - role: What it is to be; nil for what was trained.
  /// - Throws: `ModelLocationError` where there is none or it is not clear which, `FormatError` for a
  ///   file that is missing or damaged.
  public init(_ location: String, as role: Cast.Role? = nil) throws {
    let file = try ModelLocation.weights(location, for: role)
    weights = try Safetensors.read(file).weights()
    guard let found = try StoredConfiguration(beside: file) else {
      throw ModelLocationError.noConfiguration(file)
    }
    folder = found.folder
    spec = PlayerSpec(model: found.model, options: found.options, source: .file(file))
    (classes, classNames, examples) = (found.classes, found.classNames, found.examples)
    tokenizer = try found.tokenizer()
  }

  /// The model with its weights on the device, never to change.
  ///
  /// - Throws: `RecipeErrors` where it is no classifier, which `command` needs; `ModelError`,
  ///   `WeightError` or the device's errors.
  func classifier(
    _ command: String, _ examples: ExampleSpec, _ session: Session,
    _ report: (RunEvent) -> Void
  ) throws -> Player {
    let player = try Player(
      spec, name: folder, isFrozen: true, examples: examples, classes: classes, session: session,
      seed: 0,
      weights: spec.unwrapped(weights, of: folder, examples, classes: classes, report))
    let role = try ModelCatalog.entry(spec.model).role
    guard role == .classifier || role == .encoder else {
      throw RecipeErrors([
        RecipeFault(
          .whole(folder),
          .wrongRole(command, model: spec.model, role: role.rawValue, wanted: "classifier"))
      ])
    }
    return player
  }

  /// How well the model does on the test part of a dataset.
  ///
  /// - Parameters:
  ///   - data: The dataset.
  ///   - backend: The device.
  ///   - report: Told of what is made of the weights' names.
  /// - Returns: The score, and the predicted class of every test example.
  /// - Throws: `DataError`, `ModelError`, `WeightError` or the device's
  ///   errors.
  public func evaluate(
    on data: DataSpec, with backend: any Backend, report: (RunEvent) -> Void = { _ in }
  ) throws -> (score: StageResult.Score, metrics: ClassificationMetrics) {
    let read = try StageData(data, seed: 0)
    return try evaluate(read.test, read.examples, of: data.name, with: backend, report: report)
  }

  /// How well the model does on the examples of `name`.
  func evaluate(
    _ dataset: any Dataset, _ examples: ExampleSpec, of name: String, with backend: any Backend,
    report: (RunEvent) -> Void
  ) throws -> (score: StageResult.Score, metrics: ClassificationMetrics) {
    let session = Session(backend)
    let player = try classifier("eval", examples, session, report)
    guard classes == dataset.classCount else {
      throw ModelError.unfit(
        model: spec.model,
        reason: "it tells \(classes) classes apart, \(name) has \(dataset.classCount)")
    }
    let cost = try player.cost(of: examples)
    let logits = try Inference(session, player.store, pipeline: examples.pipeline())
      .outputs(dataset)[0]
    let metrics = ClassificationMetrics(
      logits: logits, labels: dataset.labels, classes: classes)
    return (
      StageResult.Score(
        accuracy: metrics.accuracy, nll: metrics.nll, ece: metrics.ece,
        parameters: cost.parameters, macs: cost.multiplyAccumulates), metrics
    )
  }
}
