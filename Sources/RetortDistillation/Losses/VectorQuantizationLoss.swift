import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// What a vector-quantised autoencoder minimises: reconstruction, and the distance of codes from the codebook.
public struct VectorQuantizationLoss: GeneratorLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "vq", "reconstruction of an autoencoder with a codebook, and the distance of codes from it",
    """
    Trains generator vq-vae. Gradients of the reconstruction pass straight through the choice of vectors; the second \
    term moves vectors to the codes that chose them, the third keeps codes near their vectors. All are means over \
    elements, as in the authors' code, so that β is the same for pictures of any size.
    """,
    equation: [
      "L = mean over examples of R + Q + β·C",
      "R = −mean over pixels of [ x·log x̂ + (1 − x)·log(1 − x̂) ],  x̂ = Dec(e),  e_p = the nearest vector to z_p = Enc(x)_p",
      "Q = mean over elements of ( sg(z) − e )²,  C = mean over elements of ( z − sg(e) )²",
    ], source: "van den Oord, Vinyals, Kavukcuoglu 2017, arXiv 1711.00937, equation 3")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// β, the weight of the codes' distance from their vectors, ≥ 0.
  public var commitment = 0.25

  /// The keys in recipes.
  public static let keys: [Key<VectorQuantizationLoss>] = [
    .weight,
    .number("commitment", \.commitment, .notNegative(), "β, the weight of C"),
  ]
  /// False: it needs the examples only.
  public static let needsTeacher = false
  /// True: it trains a generator.
  public static let trainsGenerator = true

  /// A loss with weight 1.
  public init() {}

  /// A loss with the given weights.
  public init(weight: Double = 1, commitment: Double = 0.25) {
    (self.weight, self.commitment) = (weight, commitment)
  }

  /// The terms `reconstruction`, `codebook` and `commitment`.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let generator = x.learner as? any QuantizedGenerator else {
      let fault = x.inputs.graph.fail(
        .invalidArgument(
          operation: "loss 'vq'", reason: Self.needsCodebook, path: x.inputs.graph.scope))
      return [LossTerm(name, fault)]
    }
    return generator.using(x.context) {
      let parts = parts(generator, x.examples.x)
      return [
        LossTerm("reconstruction", weight: weight, parts.reconstruction.mean()),
        LossTerm("codebook", weight: weight, parts.codebook.mean()),
        LossTerm("commitment", weight: weight * commitment, parts.commitment.mean()),
      ]
    }
  }

  /// The weighted loss of each example, `[batch]`, in evaluation mode; 0 of a generator without a codebook.
  public func rows(_ generator: any Generator, _ examples: Tensor) -> Tensor {
    guard let generator = generator as? any QuantizedGenerator else {
      return examples.graph.fill(0, [examples.shape[0]])
    }
    let parts = parts(generator, examples)
    return (parts.reconstruction + parts.codebook + parts.commitment * commitment) * weight
  }

  /// The parts of each example, `[batch]` each.
  private func parts(
    _ generator: any QuantizedGenerator, _ examples: Tensor
  ) -> (reconstruction: Tensor, codebook: Tensor, commitment: Tensor) {
    let codes = generator.encode(examples).mean
    let nearest = generator.nearest(to: codes)
    let pixels = binaryCrossEntropy(
      logits: generator.decodeLogits(codes), targets: examples, reduction: .none)
    func distance(_ a: Tensor, _ b: Tensor) -> Tensor {
      (a - b).square().mean(axes: Array(1..<codes.shape.rank))
    }
    return (
      pixels.mean(axes: Array(1..<pixels.shape.rank)),
      distance(codes.stopGradient(), nearest), distance(codes, nearest.stopGradient())
    )
  }

  /// What is wrong with another generator.
  public static let needsCodebook = "needs a generator with a codebook, vq-vae"
}
