import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN
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
  /// Height, width and channels of its pictures, each at least 1; nil where the file has none.
  public let image: [Int]?
  private let weights: [NamedWeights]

  /// Reads the model in `folder`, or the student in it if it is a run's.
  ///
  /// - Throws: `FormatError` for a file that is missing or damaged.
  public init(_ folder: String) throws(FormatError) {
    let home = FileBytes.isReadable(folder + "/config.json") ? folder : folder + "/student"
    let path = home + "/config.json"
    let json = try JSONValue.parse(try FileBytes.read(path, limit: 1 << 20)[...], path: path)
    guard let model = json["model"]?.string else {
      throw FormatError(path, .missingKey("model"))
    }
    guard let classes = json["classes"]?.int, (1...1_000_000).contains(classes) else {
      throw FormatError(path, .missingKey("classes"))
    }
    var options: [String: Double] = [:]
    for member in json["options"]?.members ?? [] {
      guard let value = member.value.double else {
        throw FormatError(
          path, in: "options.\(member.key)",
          .wrongType(expected: "a number", found: member.value.kind))
      }
      options[member.key] = value
    }
    self.folder = home
    self.classes = classes
    let names = (json["classNames"]?.array ?? []).compactMap(\.string)
    classNames = names.count == classes ? names : (0..<classes).map { "\($0)" }
    let image = json["image"]?.array?.compactMap(\.int)
    guard image.map({ $0.count == 3 && $0.allSatisfy { (1...65_536).contains($0) } }) ?? true else {
      throw FormatError(
        path, in: "image",
        .wrongType(expected: "height, width and channels", found: json["image"]?.text ?? ""))
    }
    self.image = image
    spec = PlayerSpec(model: model, options: options, source: .file(home + "/model.safetensors"))
    weights = try Safetensors.read(home + "/model.safetensors").weights
  }

  /// The model with its weights on the device, never to change.
  ///
  /// - Throws: `RecipeErrors` where it is no classifier, which `command` needs; `ModelError`,
  ///   `WeightError` or the device's errors.
  func classifier(
    _ command: String, _ dataset: ImageDataset, _ session: Session
  ) throws -> Player {
    let player = try Player(
      spec, name: "model", isFrozen: true,
      image: ImageSize(
        height: dataset.height, width: dataset.width, channels: dataset.channels),
      classes: classes, session: session, seed: 0, weights: weights)
    guard !(player.store.model is any Generator) else {
      throw RecipeErrors([
        RecipeFault(
          .whole(folder),
          .wrongRole(command, model: spec.model, role: "generator", wanted: "classifier"))
      ])
    }
    return player
  }

  /// How well the model does on the test part of a dataset.
  ///
  /// - Returns: The score, and the predicted class of every test example.
  /// - Throws: `DataError`, `ModelError`, `WeightError` or the device's
  ///   errors.
  public func evaluate(
    on data: DataSpec, with backend: any Backend
  ) throws -> (score: StageResult.Score, metrics: ClassificationMetrics) {
    let dataset = try StageData(data, seed: 0).test
    let session = Session(backend)
    let player = try classifier("eval", dataset, session)
    guard classes == dataset.classCount else {
      throw ModelError.unfit(
        model: spec.model,
        reason: "it tells \(classes) classes apart, \(data.name) has "
          + "\(dataset.classCount)")
    }
    let shape: Shape = [dataset.height, dataset.width, dataset.channels]
    let cost = try player.store.cost { context in
      _ = player.store.model(context.graph.input("image", Shape([1] + shape.dimensions)))
    }
    let logits = try Forward(session, player.store, imageShape: shape).outputs(dataset)[0]
    let metrics = ClassificationMetrics(
      logits: logits, labels: dataset.labels, classes: classes)
    return (
      StageResult.Score(
        accuracy: metrics.accuracy, nll: metrics.nll, ece: metrics.ece,
        parameters: cost.parameters, macs: cost.multiplyAccumulates), metrics
    )
  }
}
