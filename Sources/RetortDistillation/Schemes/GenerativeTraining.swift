import RetortNN
import RetortSchema
import RetortTraining

/// A generator that learns from examples: `scheme: generative`.
public struct Generative: NamedScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "generative", "a generator with an encoder learns to give examples back",
    "What a stage does that has an untrained generator and no student, without being told.",
    equation: ["L = Σ_i w_i · loss_i( generator(x), x )"],
    source: "Kingma and Welling 2013, arXiv 1312.6114; Lewis et al. 2020, arXiv 1910.13461")

  /// None.
  public static let keys: [Key<Generative>] = []
  /// The generator.
  public static let learners: [Cast.Role] = [.generator]

  /// The only one.
  public init() {}

  /// Those of a variational autoencoder; of texts, of a denoising model.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?) {
    ([examples.areTexts ? NamedLoss(DenoisingLoss()) : NamedLoss(VariationalLoss())], nil)
  }

  /// It encodes what it is to give back, and its losses are of what it reads.
  public func faults(of plan: CastPlan) -> [KeyFault] {
    switch plan.encodes {
    case true:
      plan.losses.compactMap { loss in
        switch loss.loss {
        case is any GeneratorLoss where plan.readsTexts:
          KeyFault(
            "losses",
            "loss '\(loss.kind)' is of pictures; a generator of texts learns by 'denoising'")
        case is VectorQuantizationLoss where !plan.quantizes:
          KeyFault("losses", "loss 'vq' \(VectorQuantizationLoss.needsCodebook)")
        case is VariationalLoss where plan.quantizes:
          KeyFault(
            "losses",
            "loss 'vae' is of codes with a distribution; a generator with a codebook learns by 'vq'"
          )
        case is DenoisingLoss where !plan.readsTexts:
          KeyFault(
            "losses", "loss 'denoising' is of texts; a generator of pictures learns by 'vae'")
        default: nil
        }
      }
    case false:
      [
        KeyFault(
          "generator",
          "a generator without an encoder cannot give examples back; train it by 'scheme: "
            + "adversarial', or take one that encodes, such as conv-vae")
      ]
    case nil: [KeyFault("scheme", "'generative' needs a 'generator' to train")]
    }
  }

  /// The generator's phase.
  public func scheme(_ cast: Cast) -> any Scheme {
    guard let generator = cast.generator else {
      preconditionFailure("generative training needs a generator")
    }
    return GenerativeTraining(generator: generator, losses: cast.losses)
  }
}

/// One generator that learns from examples alone.
public struct GenerativeTraining: Scheme {
  /// The model that learns.
  public let generator: ParameterStore
  /// What is minimised, in order.
  public let losses: [NamedLoss]

  /// A scheme over the given model and losses.
  public init(generator: ParameterStore, losses: [NamedLoss]) {
    (self.generator, self.losses) = (generator, losses)
  }

  /// The generator's.
  public var phases: [Phase] { [Phase(generator.name)] }

  /// The sum of the losses.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    let context = inputs.context(.training)
    let comparison = Comparison(
      inputs: inputs, context: context, learner: generator.model, examples: inputs.example,
      student: nil, teacher: nil, labels: inputs.labels)
    let terms = try losses.flatMap { try $0.terms(comparison) }
    return Objective(terms: terms, effects: generator.bufferUpdates(from: context))
  }
}
