import RetortCore
import RetortNN

/// A number that a recipe may give a model.
public struct ModelOption: Hashable, Sendable {
  /// The recipe's key.
  public let name: String
  /// What it means, in a few words.
  public let summary: String
  /// Its value when it is not given.
  public let defaultValue: Double
  /// Its least and greatest value.
  public let range: ClosedRange<Double>
  /// Whether it must be a whole number.
  public let isWhole: Bool
  /// Whether weights fit whatever its value, and the model then computes something else: names and shapes
  /// do not tell it.
  public let isUntold: Bool
  /// Whether written recipes have it only where it was given.
  public let isOmitted: Bool

  init(
    _ name: String, _ summary: String, _ defaultValue: Double, _ range: ClosedRange<Double>,
    isWhole: Bool = true, isUntold: Bool = false, isOmitted: Bool = false
  ) {
    (self.name, self.summary, self.defaultValue) = (name, summary, defaultValue)
    (self.range, self.isWhole) = (range, isWhole)
    (self.isUntold, self.isOmitted) = (isUntold, isOmitted)
  }

  /// The allowed values in words.
  public var allowed: String {
    isWhole
      ? "a whole number from \(Int(range.lowerBound)) to \(Int(range.upperBound))"
      : "from \(range.lowerBound) to \(range.upperBound)"
  }
}

/// The numbers that one model is built with: given ones over defaults.
public struct ModelOptions: Sendable {
  private let values: [String: Double]

  /// Checks what was given against what exists.
  init(_ given: [String: Double], of entry: ModelEntry) throws(ModelError) {
    var values: [String: Double] = [:]
    for option in entry.options { values[option.name] = option.defaultValue }
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let option = entry.options.first(where: { $0.name == name }) else {
        throw .unknownOption(
          name, model: entry.name,
          nearest: nearestNames(to: name, in: entry.options.map(\.name)))
      }
      guard option.range.contains(value), !option.isWhole || value == value.rounded() else {
        throw .outOfRange(name, model: entry.name, found: value, allowed: option.allowed)
      }
      values[name] = value
    }
    self.values = values
  }

  /// The option called `name`; 0 where the model has none.
  subscript(_ name: String) -> Double { values[name] ?? 0 }

  /// The whole number called `name`.
  func int(_ name: String) -> Int { Int(self[name]) }
}

/// A model that can be asked for by name.
public struct ModelEntry: Sendable {
  /// What a model is for.
  public enum Role: String, Sendable {
    /// Images to logits.
    case classifier
    /// Images to codes and back.
    case generator
    /// Texts to states and back.
    case denoiser
    /// Codes to images.
    case decoder
    /// Images to one logit: whether they are of the data.
    case discriminator
    /// Images with codes to one logit: whether the code is of the image.
    case pairDiscriminator = "discriminator of pairs"
    /// Token ids to logits.
    case encoder
    /// Token ids to a vector.
    case embedder

    /// What such a model gives for an example; nil where it does not say what an example is.
    public var outputs: OutputKind? {
      switch self {
      case .classifier, .encoder: .logits
      case .embedder: .vectors
      case .generator, .denoiser, .decoder, .discriminator, .pairDiscriminator: nil
      }
    }
  }

  /// What recipes call it.
  public let name: String
  /// What it is, in one line.
  public let summary: String
  /// Where it was published.
  public let source: String
  /// What it is for.
  public let role: Role
  /// The numbers it takes.
  public let options: [ModelOption]
  /// What makes logits cosines of features and classes.
  private static let cosine = ModelOption(
    "cosine", "what multiplies cosines that are the logits; 0 for a linear last layer", 0, 0...1000,
    isWhole: false, isOmitted: true)
  /// What makes the classifier the teacher's, behind a projector.
  package static let projector = ModelOption(
    "projector",
    "what the teacher's classifier reads, which becomes the model's own; 0 for one of its own", 0,
    0...16384, isOmitted: true)
  private let build:
    @Sendable (ModelOptions, ExampleSpec, _ classes: Int) throws(ModelError) -> Module

  /// A model of pictures.
  init(
    name: String, summary: String, source: String, role: Role, options: [ModelOption],
    make: @escaping @Sendable (ModelOptions, ImageSize, _ classes: Int) throws(ModelError) -> Module
  ) {
    self.init(name: name, summary: summary, source: source, role: role, options: options) {
      options, examples, classes throws(ModelError) in
      guard case .image(let image) = examples else {
        let other =
          role == .generator
          ? "a generator of texts, denoising-transformer" : "an encoder, such as bert"
        throw .unfit(
          model: name,
          reason: "it reads pictures; the examples are \(examples.description). Choose \(other).")
      }
      guard image.count > 0 else { throw .unfit(model: name, reason: "images must not be empty") }
      return try make(options, image, classes)
    }
  }

  /// A model of whatever `build` takes.
  init(
    name: String, summary: String, source: String, role: Role, options: [ModelOption],
    build:
      @escaping @Sendable (ModelOptions, ExampleSpec, _ classes: Int) throws(ModelError)
      -> Module
  ) {
    (self.name, self.summary, self.source) = (name, summary, source)
    (self.role, self.build) = (role, build)
    let ofClassifiers = role.outputs == .logits ? [Self.cosine] : []
    self.options = options + ofClassifiers + (role == .classifier ? [Self.projector] : [])
  }

  /// Builds the model, without weights.
  ///
  /// - Parameters:
  ///   - options: Values by name; the defaults where absent.
  ///   - examples: What the data's examples are.
  ///   - classes: The number of logits; decoders and discriminators take no notice.
  /// - Throws: `ModelError` for an option that does not exist or is out of range, or data that
  ///   the model cannot take.
  public func make(
    _ options: [String: Double] = [:], for examples: ExampleSpec, classes: Int
  ) throws(ModelError) -> Module {
    guard classes > 0 || role.outputs != .logits else {
      throw .unfit(model: name, reason: "there must be at least one class")
    }
    let options = try ModelOptions(options, of: self)
    let module = try build(options, examples, classes)
    let (scale, width) = (options[Self.cosine.name], options.int(Self.projector.name))
    guard scale > 0 || width > 0 else { return module }
    guard scale == 0 || width == 0 else {
      throw .unfit(
        model: name, reason: "'cosine' and 'projector' are of one last layer; give one of both")
    }
    guard let classifier = module.classifier(of: classes) else {
      preconditionFailure("the last layer of model '\(name)' is not linear")
    }
    if scale > 0 {
      classifier.becomeCosine(scale: scale)
    } else {
      guard try averagesMap(build(options, examples, classes), examples) else {
        throw .unfit(
          model: name,
          reason: "'projector' is of a network whose last layer reads the means of a map, such as "
            + "resnet8; this one's does not")
      }
      classifier.becomeReused(reading: width)
    }
    return module
  }

  /// Whether the last layer of a model reads the means of a map.
  private func averagesMap(_ module: Module, _ examples: ExampleSpec) -> Bool {
    let context = ForwardContext(Graph(), .evaluation)
    let store = ParameterStore(module, name: name)
    return store.model(examples.inputs(in: context.graph, batch: 1), in: context).lastMap != nil
  }
}
