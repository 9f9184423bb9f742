import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes
import RetortSchema
import RetortTraining

/// A trained model as written by runs: `config.json` beside `model.safetensors`.
public struct StoredModel: Sendable {
  /// The folder of its files.
  public let folder: String
  /// The model's name in the catalog and all options.
  public private(set) var spec: ModelSpec
  /// The number of classes.
  public let classes: Int
  /// The names of the classes; their numbers if the file has no names.
  public let classNames: [String]
  /// The kind of examples that it reads; nil if the file does not contain it.
  public let examples: ExampleSpec?
  /// The tokenizer of its texts; nil for a model that reads no text.
  public let tokenizer: Tokenizer?
  /// The file of the tokenizer's vocabulary; nil for a model that reads no text.
  let vocabularyPath: String?
  /// The hash of the recipe that trained it; nil where its file does not say.
  let recipeSHA256: String?
  /// The weights, under the names of their file.
  let weights: [NamedWeights]

  /// Reads the model at `location`: a file of weights, or the folder of a model, a stage or a run.
  ///
  /// - Parameters:
  ///   - location: A file of weights, an ONNX file, or the folder of a model, a stage or a run.
  ///   - role: The role that the model is for; nil for the trained model.
  ///   - examples: What a model from an ONNX file is to read that leaves their size open; nil to refuse it.
  /// - Throws: `ModelLocationError` if there is no model or more than one, `FormatError` for a file that is
  ///   missing or damaged.
  public init(
    _ location: String, as role: Cast.Role? = nil, reading examples: ExampleSpec? = nil
  ) throws {
    let file = try ModelLocation.weights(location, for: role)
    if ONNXImport.isPath(file) {
      self = try StoredModel(onnx: FilePath.absolute(file), reading: examples)
      return
    }
    let weights: [NamedWeights]
    if SafetensorsIndex.isIndex(file) {
      (weights, recipeSHA256) = (try ModelLocation.read(file), nil)
    } else {
      let content = try WeightFile.read(file)
      (weights, recipeSHA256) = (try content.weights(), content.metadata["recipe"])
    }
    guard let found = try StoredConfiguration(beside: file) else {
      throw ModelLocationError.noConfiguration(file)
    }
    folder = found.folder
    spec = ModelSpec(
      model: found.model, options: found.sizedOptions, normalization: found.normalization,
      source: .file(file))
    self.weights = found.translated(weights)
    (classes, classNames, self.examples) = (found.classes, found.classNames, found.examples)
    tokenizer = try found.tokenizer()
    vocabularyPath = tokenizer.map { _ in found.vocabularyPath }
  }

  /// The classifier that an ONNX file is.
  ///
  /// - Throws: `FormatError` for a file that is damaged, `ModelError` for one that fixes no size of pictures, has
  ///   no tokenizer of its texts beside it or no output of logits.
  private init(onnx path: String, reading usual: ExampleSpec?) throws {
    let file = try ONNXImport(path)
    let texts = try ONNXTextFiles(beside: file)
    guard texts != nil || !file.readsTokens else {
      throw ModelError.unfit(
        model: path,
        reason:
          "it reads token ids, and no tokenizer.json or vocab.txt is beside it; put that there "
          + "which it was trained with")
    }
    guard let found = texts?.examples ?? file.examples ?? usual else {
      throw ModelError.unfit(
        model: path,
        reason:
          "it must have one input of pictures of a fixed size; export it for the size of the data")
    }
    guard let count = try file.classes(for: found) else {
      throw ModelError.unfit(model: path, reason: "it has no output [batch, classes]")
    }
    weights = try file.weights()
    recipeSHA256 = file.metadata.recipe
    folder = path
    var spec = ModelSpec(model: path, source: .file(path))
    spec.file = file
    self.spec = spec
    (classes, examples) = (count, found)
    (tokenizer, vocabularyPath) = (texts?.tokenizer, texts?.vocabularyPath)
    classNames = file.metadata.classNames ?? texts?.classNames ?? (0..<count).map { "\($0)" }
    guard classNames.count == count else {
      throw ModelError.unfit(
        model: path,
        reason:
          "its metadata or config.json name \(classNames.count) classes, its logits are \(count)")
    }
  }

  /// The same model behind another normalisation of pictures; nil for none.
  func normalized(by normalization: NormalizationSpec?) -> StoredModel {
    var model = self
    model.spec.normalization = normalization
    return model
  }

  /// The frozen model with its weights on the device.
  ///
  /// - Throws: `ModelError`, `WeightError` or the device's errors.
  func frozen(
    _ examples: ExampleSpec, _ session: Session, _ report: (RunEvent) -> Void
  ) throws -> StageModel {
    try StageModel(
      spec, name: folder, isFrozen: true, examples: examples, classes: classes, session: session,
      seed: 0,
      weights: spec.unwrapped(weights, of: folder, examples, classes: classes, report))
  }

  /// The frozen classifier with its weights on the device.
  ///
  /// - Throws: `RecipeErrors` if it is not a classifier, as `command` requires; `ModelError`, `WeightError`
  ///   or the device's errors.
  func classifier(
    _ command: String, _ examples: ExampleSpec, _ session: Session,
    _ report: (RunEvent) -> Void
  ) throws -> StageModel {
    let model = try frozen(examples, session, report)
    let role = try spec.builder().role
    guard role == .classifier || role == .encoder else {
      throw RecipeErrors([
        RecipeFault(
          .whole(folder),
          .wrongRole(command, model: spec.model, role: role.rawValue, wanted: "classifier"))
      ])
    }
    return model
  }

  /// What a model costs and how well it does, with what it says of every example.
  public typealias Evaluation = (score: StageResult.Score, metrics: TestMetrics)

  /// The metrics of the model on the test part of a dataset.
  ///
  /// - Parameters:
  ///   - data: The dataset.
  ///   - backend: The device.
  ///   - report: Called with events about the weights' names.
  /// - Returns: The score, and the metrics with the predicted class of every test example.
  /// - Throws: `DataError`, `ModelError`, `WeightError` or the device's
  ///   errors.
  public func evaluate(
    on data: DataSpec, with backend: any Backend, report: (RunEvent) -> Void = { _ in }
  ) throws -> Evaluation {
    var read = try StageData(data, seed: 0)
    if !embeds, classes == read.test.classCount { read.takeOrder(of: classNames, of: "model") }
    for note in read.notes { report(.dataNoted(note)) }
    return try evaluate(read.test, read.examples, of: data.name, with: backend, report: report)
  }

  /// The metrics of the model on the examples of `name`.
  func evaluate(
    _ dataset: any Dataset, _ examples: ExampleSpec, of name: String, with backend: any Backend,
    report: (RunEvent) -> Void
  ) throws -> Evaluation {
    let session = Session(backend)
    let model =
      try embeds
      ? frozen(examples, session, report) : classifier("eval", examples, session, report)
    guard embeds || classes == dataset.classCount else {
      throw ModelError.unfit(
        model: spec.model,
        reason: "it tells \(classes) classes apart, \(name) has \(dataset.classCount)")
    }
    let cost = try model.cost(of: examples)
    let outputs = try Inference(session, model.store, pipeline: examples.pipeline())
      .outputs(dataset)[0]
    let metrics = try TestMetrics(
      embeds ? .vectors : .logits, outputs, of: dataset, in: session)
    return (
      StageResult.Score(
        metrics, parameters: cost.parameters, macs: cost.multiplyAccumulates), metrics
    )
  }
}
