import RetortCore
import RetortDistillation
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes

/// A model that a stage trains, with its weights on the device.
struct Pupil {
  let trainee: StageSpec.Trainee
  let model: StageModel
  /// Whether the stage trains nothing else; then nothing is said of which one it is.
  let isAlone: Bool

  var name: String { trainee.name }

  /// Whether it tells classes apart.
  var classifies: Bool { trainee.role == .student || trainee.role == .teacher }

  /// What messages call it.
  var title: String {
    isAlone || !classifies ? trainee.role.rawValue : "\(trainee.role.rawValue) \(name)"
  }

  /// What lines of metrics say of which one it is; nil where that is clear.
  var label: String? { isAlone ? nil : name }

  /// What tags of events begin with.
  var tag: String { isAlone ? "" : name + "/" }
}

/// What a stage leaves to later ones of a model that it trained.
struct TrainedModel {
  let name: String
  let role: Cast.Role
  let spec: ModelSpec
  let weights: [NamedWeights]
  /// What its texts became tokens by; nil for a model that reads no text.
  let tokenizer: Tokenizer?
  /// The classes that it tells apart.
  let classNames: [String]
}

extension StageRunner {
  /// A model with its weights, or with first ones drawn under `seed`.
  func stageModel(
    _ name: String, _ role: Cast.Role, _ spec: ModelSpec, isFrozen: Bool, seed: UInt64
  ) throws -> StageModel {
    let title = role == .teacher ? name : role.rawValue
    let takesClassifier = !isFrozen && spec.takesClassifier
    let (spec, weights) = try resolved(spec, as: role, title)
    do {
      let model = try StageModel(
        spec, name: name, isFrozen: isFrozen, examples: data.examples, classes: classes,
        session: session, seed: seed, weights: weights,
        adapting: { model in
          // A teacher that is trained alone is the student of its stage.
          guard role == .student || role == .teacher && !isFrozen else { return model }
          return try AdaptedModel.adapting(
            model, to: labeler, stage.losses, examples: data.examples,
            count: data.training.count, search: role == .student ? searchMemory : nil)
        })
      if takesClassifier { try takeClassifier(model) }
      return model
    } catch let error as WeightError
      where role == .teacher && isFrozen && spec.classes == nil && error.isOfClasses
    {
      throw RunError.otherClasses(stage: stage.name, error)
    }
  }

  /// What the stage's search keeps with each student; nil if nothing.
  private var searchMemory: SearchMemory? {
    guard let exploration = stage.explore else { return nil }
    if case .tokens(let length, _) = data.examples {
      return SearchMemory(
        exploration, texts: data.training.count, length: length, classes: classes)
    }
    guard let generator = models[.generator]?.store.model as? any LatentDecoder else { return nil }
    return SearchMemory(
      exploration, size: generator.latentShape.count, classes: classes,
      examples: data.training.count)
  }

  /// The model that a spec means, with its weights; nil for fresh ones.
  private func resolved(
    _ spec: ModelSpec, as role: Cast.Role, _ title: String
  ) throws -> (ModelSpec, [NamedWeights]?) {
    var spec = spec
    var weights: [NamedWeights]?
    if case .stage(let name, _) = spec.source {
      guard let earlier = parent.trained(spec.source, as: role) else {
        throw RunError.missingStage(name, neededBy: stage.name)
      }
      try checkTokens(earlier.tokenizer, of: title, from: "stage '\(name)'")
      spec.take(modelOf: earlier.spec)
      weights = earlier.weights
    }
    if case .file(let path) = spec.source {
      let file = try ModelLocation.weights(path, for: role)
      let found = ONNXImport.isPath(file) ? nil : try StoredConfiguration(beside: file)
      let read = try spec.weights(in: file, for: data.examples)
      let stored = found?.translated(read) ?? read
      var tokenizer = try found?.tokenizer()
      if case .onnx(let imported) = try spec.builder() {
        tokenizer = try ONNXTextFiles(beside: imported)?.tokenizer
      }
      if let tokenizer { try checkTokens(tokenizer, of: title, from: file) }
      if let other = found?.difference(from: spec, reading: data.examples),
        other.name != "layers" || spec.keptLayers.isEmpty
      {
        throw RunError.otherModel(
          stage: stage.name, model: title, file: file, entry: other.name,
          stored: other.stored, given: other.given)
      }
      weights = try spec.unwrapped(
        stored, of: title, data.examples, classes: classes, parent.report
      ).keepingLayers(spec.keptLayers, of: title)
      for option in try spec.assumptions where found == nil {
        parent.report(.optionAssumed(of: title, model: spec.model, option))
      }
    }
    return (spec, weights)
  }

  /// Makes sure that weights were trained on the tokens that the stage's data have.
  private func checkTokens(
    _ tokenizer: Tokenizer?, of title: String, from source: String
  ) throws(RunError) {
    guard tokenizer != data.tokenizer else { return }
    throw .otherTokens(stage: stage.name, model: title, source: source)
  }
}
