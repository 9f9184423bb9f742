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
    and a beta1 of 0.5. A generator that encodes, such as bigan, trains against a discriminator of pairs, such as \
    bigan-discriminator: of examples with their codes E(x), and of codes with what is made of them. Decoder and \
    encoder learn together to have one taken for the other, which the encoder can only by undoing the decoder. \
    Such encoders give an example's meaning back rather than its pixels; 'reconstruction' adds their distance.
    """,
    equation: [
      "non-saturating:  L_D = −log σ(D(x)) − log(1 − σ(D(G(z)))),  L_G = −log σ(D(G(z)))",
      "least-squares:   L_D = ½ (D(x) − 1)² + ½ D(G(z))²,  L_G = ½ (D(G(z)) − 1)²",
      "hinge:           L_D = max(0, 1 − D(x)) + max(0, 1 + D(G(z))),  L_G = −D(G(z))",
      "each in the mean over the batch,  z ~ N(0, 1)",
      "pairs:           D(x, E(x)) for D(x),  D(G(z), z) for D(G(z)),  and the generator minimises besides",
      "                 −log(1 − σ(D(x, E(x)))),  ½ D(x, E(x))²  or  D(x, E(x)),  and λ·mean |x − G(E(x))|",
    ],
    source: """
      Goodfellow et al. 2014, arXiv 1406.2661; Radford et al. 2016, arXiv 1511.06434; Mao et al. 2017, arXiv \
      1611.04076, equation 9; Lim and Ye 2017, arXiv 1705.02894; Donahue et al. 2017 (BiGAN), arXiv 1605.09782, \
      sections 3 and 3.4; Li et al. 2017 (ALICE), arXiv 1709.01215, for the reconstruction
      """)

  /// What both minimise.
  public var loss: Loss = .nonSaturating
  /// λ, what multiplies the mean distance of pixels between examples and what is decoded of their codes, ≥ 0.
  public var reconstruction = 0.0

  /// Its keys.
  public static let keys: [Key<Adversarial>] = [
    .choice("loss", \.loss, "what both models minimise"),
    .number(
      "reconstruction", \.reconstruction, .notNegative(),
      "λ, what multiplies mean |x − G(E(x))| of a generator that encodes"),
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
  public init(_ loss: Loss, reconstruction: Double = 0) {
    (self.loss, self.reconstruction) = (loss, reconstruction)
  }

  /// Its own are not named.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?) {
    ([], nil)
  }

  /// There are both, and nothing that would not be trained.
  public func faults(of plan: CastPlan) -> [KeyFault] {
    var faults: [KeyFault] = []
    if plan.encodes == nil {
      faults.append(KeyFault("scheme", "'adversarial' needs a 'generator' to train, such as dcgan"))
    }
    if plan.encodes == true, plan.hasDiscriminator, !plan.judgesPairs {
      faults.append(
        KeyFault(
          "discriminator",
          "a generator that encodes trains against a discriminator of pairs, such as "
            + "bigan-discriminator; take one, or a generator without an encoder, such as dcgan"))
    }
    if plan.encodes == false, plan.judgesPairs {
      faults.append(
        KeyFault(
          "discriminator",
          "a discriminator of pairs needs codes of examples; take a generator that encodes, such as "
            + "bigan, or dcgan-discriminator"))
    }
    if plan.encodes == true, plan.judgesPairs, Set(plan.codeSizes).count > 1 {
      faults.append(
        KeyFault(
          "discriminator",
          "codes have \(plan.codeSizes[0]) numbers in the generator and \(plan.codeSizes[1]) in the "
            + "discriminator; give both the same 'latent'"))
    }
    if plan.encodes == false, reconstruction > 0 {
      faults.append(
        KeyFault(
          "scheme",
          "'reconstruction' needs a generator that encodes, such as bigan; take it away"))
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
    return AdversarialTraining(
      generator: generator, discriminator: discriminator, loss: loss,
      reconstruction: reconstruction)
  }
}

/// A discriminator that learns to tell data from what a generator makes, and the generator after it.
///
/// As many examples are made as the batch has, once in a step: the generator learns from those that the
/// discriminator has learnt from, through the discriminator's new weights. As in PyTorch's example of DCGAN,
/// the discriminator's running statistics follow all of its passes.
///
/// Source: Goodfellow et al. 2014, algorithm 1 with one update of the discriminator; Donahue et al. 2017, section 3.4.
public struct AdversarialTraining: Scheme {
  /// Makes examples of codes, and codes of examples where the discriminator judges both; its model is a
  /// `LatentDecoder`, or a `Generator`.
  public let generator: ParameterStore
  /// Gives one logit for each example, `[batch, 1]`, or for each pair.
  public let discriminator: ParameterStore
  /// What both minimise.
  public let loss: Adversarial.Loss
  /// What multiplies the distance of examples and what is decoded of their codes.
  public let reconstruction: Double
  /// What the generator makes, once the first phase has made it.
  private var made: Made?

  /// Examples and codes of one step.
  private struct Made {
    /// The generator's forward pass.
    let context: ForwardContext
    /// What was drawn, and what was made of it.
    let codes: Tensor, examples: Tensor
    /// The codes of the data; nil where pairs are not judged.
    let encoded: Tensor?
    /// What is decoded of them; nil where it is not compared.
    let decoded: Tensor?
  }

  /// A scheme over the given models.
  public init(
    generator: ParameterStore, discriminator: ParameterStore,
    loss: Adversarial.Loss = .nonSaturating, reconstruction: Double = 0
  ) {
    (self.generator, self.discriminator, self.loss) = (generator, discriminator, loss)
    self.reconstruction = reconstruction
  }

  /// The discriminator's, then the generator's with what it left.
  public var phases: [Phase] {
    [Phase(discriminator.name), Phase(generator.name, after: .update)]
  }

  /// `real` and `generated` of the discriminator; `adversarial` of the generator, and `encoder` and `reconstruction`
  /// of one that encodes.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    let context = inputs.context(.training)
    let made = self.made ?? make(inputs)
    self.made = made
    let data = inputs.example.x
    if phase == 0 {
      let real = judged(data, made.encoded?.stopGradient(), context)
      let generated = judged(made.examples.stopGradient(), made.codes, context)
      return Objective(
        terms: [
          LossTerm("real", loss.ofData(real).mean()),
          LossTerm("generated", loss.ofMade(generated).mean()),
        ], effects: effects(discriminator, context))
    }
    let generated = judged(made.examples, made.codes, context)
    var terms = [LossTerm("adversarial", loss.ofGenerator(generated).mean())]
    if let encoded = made.encoded {
      terms.append(LossTerm("encoder", loss.ofEncoder(judged(data, encoded, context)).mean()))
    }
    if let decoded = made.decoded {
      terms.append(
        LossTerm("reconstruction", weight: reconstruction, (data - decoded).abs().mean()))
    }
    return Objective(
      terms: terms, effects: effects(generator, made.context) + effects(discriminator, context))
  }

  /// The discriminator's logits of examples, with their codes where it judges pairs.
  private func judged(_ x: Tensor, _ z: Tensor?, _ context: ForwardContext) -> Tensor {
    guard let judge = discriminator.model as? any PairDiscriminator, let z else {
      return discriminator.model(x, in: context)
    }
    return judge.using(context) { judge.judge(x, z) }
  }

  /// As many examples as the batch has, and the codes of the batch where pairs are judged.
  private func make(_ inputs: StepInputs) -> Made {
    guard let model = generator.model as? any LatentDecoder else {
      preconditionFailure("'\(generator.name)' makes no examples of codes")
    }
    let context = inputs.context(.training)
    let codes = inputs.graph.random(
      .normal, Shape([inputs.example.count] + model.latentShape.dimensions),
      state: inputs.randomState, stream: inputs.streams.next())
    let encoder = discriminator.model is any PairDiscriminator ? model as? any Generator : nil
    return model.using(context) {
      let examples = model.decode(codes)
      let encoded = encoder.map { $0.encode(inputs.example.x).mean }
      return Made(
        context: context, codes: codes, examples: examples, encoded: encoded,
        decoded: reconstruction > 0 ? encoded.map { model.decode($0) } : nil)
    }
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

  /// What the encoder minimises for logits of data with its codes.
  fileprivate func ofEncoder(_ x: Tensor) -> Tensor {
    switch self {
    case .nonSaturating, .leastSquares: ofMade(x)
    case .hinge: x
    }
  }
}
