import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// A loss that trains a generator of pictures, and says how well it does on others.
public protocol GeneratorLoss: DistillationLoss {
  /// The weighted loss of each example, `[batch]`, in evaluation mode and deterministic.
  ///
  /// - Parameters:
  ///   - generator: The generator, in a forward pass.
  ///   - examples: Pictures `[batch, height, width, channels]`.
  func rows(_ generator: any Generator, _ examples: Tensor) -> Tensor
}

/// The evidence lower bound of a variational autoencoder, negated: reconstruction and KL, summed per
/// example, mean over the batch, in nats.
public struct VariationalLoss: GeneratorLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "vae", "reconstruction and KL of a variational autoencoder",
    """
    Trains a generator: an encoder that maps pictures to a normal distribution of codes, and a \
    decoder that maps codes back. It is what a stage with an untrained generator minimises \
    without being told.
    """,
    equation: [
      "L = mean over examples of R + β·K",
      "R = −Σ_pixels [ x·log x̂ + (1 − x)·log(1 − x̂) ],  x̂ = Dec(μ + σ·ν),  ν ~ N(0, 1)",
      "K = ½ Σ_i ( μ_i² + σ_i² − 1 − log σ_i² )",
    ], source: "Kingma and Welling 2013, arXiv 1312.6114, equation 10")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// β, the weight of the KL divergence, ≥ 0.
  public var klWeight = 1.0

  /// The keys in recipes.
  public static let keys: [Key<VariationalLoss>] = [
    .weight,
    .number("kl-weight", \.klWeight, .notNegative(), "β, the weight of K"),
  ]
  /// False: it needs the examples only.
  public static let needsTeacher = false
  /// True: it trains a generator.
  public static let trainsGenerator = true

  /// A loss with both weights 1.
  public init() {}

  /// A loss with the given weights.
  public init(weight: Double = 1, klWeight: Double = 1) {
    (self.weight, self.klWeight) = (weight, klWeight)
  }

  /// The terms `reconstruction` and `latent-kl`.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let generator = x.learner as? any Generator else { return [] }
    return generator.using(x.context) {
      let (mean, logVariance) = generator.encode(x.examples.x)
      let noise = x.inputs.graph.random(
        .normal, mean.shape, state: x.inputs.randomState, stream: x.inputs.streams.next())
      let code = mean + (logVariance * 0.5).exp() * noise
      let batch = Double(x.examples.count)
      let reconstruction =
        binaryCrossEntropy(
          logits: generator.decodeLogits(code), targets: x.examples.x, reduction: .sum)
        * (1 / batch)
      let divergence = gaussianKL(mean: mean, logVariance: logVariance).mean()
      return [
        LossTerm("reconstruction", weight: weight, reconstruction),
        LossTerm("latent-kl", weight: weight * klWeight, divergence),
      ]
    }
  }

  /// The weighted loss of each example, `[batch]`, in evaluation mode with the code at its mean, so that it
  /// is deterministic.
  public func rows(_ generator: any Generator, _ examples: Tensor) -> Tensor {
    let (mean, logVariance) = generator.encode(examples)
    let pixels = binaryCrossEntropy(
      logits: generator.decodeLogits(mean), targets: examples, reduction: .none)
    let reconstruction = pixels.sum(axes: Array(1..<pixels.shape.rank))
    return (reconstruction + gaussianKL(mean: mean, logVariance: logVariance) * klWeight) * weight
  }
}
