import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// A generator and a discriminator that train against each other: `scheme: adversarial`.
public struct Adversarial: NamedScheme {
  /// What both minimise.
  public enum Loss: String, CaseIterable, Sendable {
    /// Cross-entropy; the generator maximises log D rather than minimise log(1 − D).
    case nonSaturating = "non-saturating"
    /// Squared distances from 1 for data and 0 for what is made.
    case leastSquares = "least-squares"
    /// The discriminator's margin of 1.
    case hinge
  }

  /// Its entry in lists.
  public static let explanation = Explanation(
    "adversarial", "a generator learns to make what a discriminator takes for data",
    """
    Generative adversarial networks, the two updates of a step in one plan: the discriminator learns to tell \
    a batch of data from as many examples that the generator makes of noise, each normalised by its own \
    batch; then the generator learns what the discriminator, as it is by then, takes for data. Labels have \
    no part in it. Models: dcgan and dcgan-discriminator; both papers train them by Adam with a rate of 2e-4 \
    and a beta1 of 0.5.
    """,
    equation: [
      "non-saturating:  L_D = −log σ(D(x)) − log(1 − σ(D(G(z)))),  L_G = −log σ(D(G(z)))",
      "least-squares:   L_D = ½ (D(x) − 1)² + ½ D(G(z))²,  L_G = ½ (D(G(z)) − 1)²",
      "hinge:           L_D = max(0, 1 − D(x)) + max(0, 1 + D(G(z))),  L_G = −D(G(z))",
      "each in the mean over the batch,  z ~ N(0, 1)",
    ],
    source: """
      Goodfellow et al. 2014, arXiv 1406.2661; Radford et al. 2016, arXiv 1511.06434; Mao et al. 2017, arXiv \
      1611.04076, equation 9; Lim and Ye 2017, arXiv 1705.02894
      """)

  /// What both minimise.
  public var loss: Loss = .nonSaturating

  /// Its keys.
  public static let keys: [Key<Adversarial>] = [
    .choice("loss", \.loss, "what both models minimise")
  ]
  /// The discriminator first.
  public static let learners: [Cast.Role] = [.discriminator, .generator]
  /// Its own.
  public static let takesLosses = false
  /// Losses of two that train against each other say little of either.
  public static let isValidated = false

  /// The non-saturating loss.
  public init() {}

  /// The given loss.
  public init(_ loss: Loss) { self.loss = loss }

  /// Its own are not named.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind
  ) -> (losses: [NamedLoss], note: String?) {
    ([], nil)
  }

  /// There are both, and nothing that would not be trained.
  public func faults(of plan: CastPlan) -> [KeyFault] {
    var faults: [KeyFault] = []
    if plan.encodes == nil {
      faults.append(KeyFault("scheme", "'adversarial' needs a 'generator' to train, such as dcgan"))
    }
    if plan.encodes == true {
      faults.append(
        KeyFault(
          "generator",
          "'adversarial' trains no encoder; take a generator without one, such as dcgan"))
    }
    if !plan.hasDiscriminator {
      faults.append(
        KeyFault(
          "scheme", "'adversarial' needs a 'discriminator' to train, such as dcgan-discriminator"))
    }
    if plan.exploration != nil {
      faults.append(
        KeyFault(
          "explore", "'adversarial' seeks no new examples; take 'explore' away (explore: null)"))
    }
    return faults
  }

  /// The discriminator's phase, then the generator's.
  public func scheme(_ cast: Cast) -> any Scheme {
    guard let generator = cast.generator, let discriminator = cast.discriminator else {
      preconditionFailure("adversarial training needs a generator and a discriminator")
    }
    return AdversarialTraining(generator: generator, discriminator: discriminator, loss: loss)
  }
}

/// A discriminator that learns to tell data from what a generator makes, and the generator after it.
///
/// As many examples are made as the batch has, once in a step: the generator learns from those that the
/// discriminator has learnt from, through the discriminator's new weights. As in PyTorch's example of DCGAN,
/// the discriminator's running statistics follow all three of its passes.
///
/// Source: Goodfellow et al. 2014, algorithm 1 with one update of the discriminator.
public struct AdversarialTraining: Scheme {
  /// Makes examples of codes; its model is a `LatentDecoder`.
  public let generator: ParameterStore
  /// Gives one logit for each example, `[batch, 1]`.
  public let discriminator: ParameterStore
  /// What both minimise.
  public let loss: Adversarial.Loss
  /// What the generator makes, with its forward pass, once the first phase has made it.
  private var made: (context: ForwardContext, examples: Tensor)?

  /// A scheme over the given models.
  public init(
    generator: ParameterStore, discriminator: ParameterStore,
    loss: Adversarial.Loss = .nonSaturating
  ) {
    (self.generator, self.discriminator, self.loss) = (generator, discriminator, loss)
  }

  /// The discriminator's, then the generator's with what it left.
  public var phases: [Phase] {
    [Phase(discriminator.name), Phase(generator.name, after: .update)]
  }

  /// `real` and `generated` of the discriminator, `adversarial` of the generator.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    let context = inputs.context(.training)
    let judge = discriminator.model
    let (making, examples) = made ?? make(inputs)
    made = (making, examples)
    if phase == 0 {
      let real = judge(inputs.example.x, in: context)
      let generated = judge(examples.stopGradient(), in: context)
      return Objective(
        terms: [
          LossTerm("real", loss.ofData(real).mean()),
          LossTerm("generated", loss.ofMade(generated).mean()),
        ], effects: effects(discriminator, context))
    }
    let generated = judge(examples, in: context)
    return Objective(
      terms: [LossTerm("adversarial", loss.ofGenerator(generated).mean())],
      effects: effects(generator, making) + effects(discriminator, context))
  }

  /// As many examples as the batch has.
  private func make(_ inputs: StepInputs) -> (ForwardContext, Tensor) {
    guard let model = generator.model as? any LatentDecoder else {
      preconditionFailure("'\(generator.name)' makes no examples of codes")
    }
    let context = inputs.context(.training)
    let codes = inputs.graph.random(
      .normal, Shape([inputs.example.count] + model.latentShape.dimensions),
      state: inputs.randomState, stream: inputs.streams.next())
    return (context, model.using(context) { model.decode(codes) })
  }

  private func effects(_ store: ParameterStore, _ context: ForwardContext) -> [Effect] {
    store.bufferUpdates(from: context)
  }
}

extension Adversarial.Loss {
  /// What the discriminator minimises for logits of data, of the same shape.
  fileprivate func ofData(_ x: Tensor) -> Tensor {
    switch self {
    case .nonSaturating: (-x).softplus()
    case .leastSquares: (x - 1).square() * 0.5
    case .hinge: (1 - x).relu()
    }
  }

  /// What the discriminator minimises for logits of what is made.
  fileprivate func ofMade(_ x: Tensor) -> Tensor {
    switch self {
    case .nonSaturating: x.softplus()
    case .leastSquares: x.square() * 0.5
    case .hinge: (x + 1).relu()
    }
  }

  /// What the generator minimises for logits of what it made.
  fileprivate func ofGenerator(_ x: Tensor) -> Tensor {
    switch self {
    case .nonSaturating: (-x).softplus()
    case .leastSquares: (x - 1).square() * 0.5
    case .hinge: -x
    }
  }
}
