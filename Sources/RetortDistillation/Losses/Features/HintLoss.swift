import RetortCore
import RetortNN
import RetortSchema

/// FitNet's hints: the mean squared error between a student's adapted features and a teacher's.
public struct HintLoss: PairLoss {
  /// The layers between a student's features and a teacher's.
  public enum Regressor: String, CaseIterable, Sendable {
    /// One that brings channels together, where they differ.
    case linear
    /// Three convolutions that narrow, look around and widen, each with batch norm and ReLU.
    case projector
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "hint", "mean squared error of features",
    """
    The student learns to have features from which the teacher's can be read: r is the adapter, a 1×1 \
    convolution or a linear layer where channels differ, trained with the student. The larger of two maps \
    is pooled to the smaller. The mean is over elements and pairs, as in RepDistiller; the paper has half \
    the sum. 'projector' is SimKD's adapter of three convolutions, of maps that end in a ReLU. SimKD itself is a \
    student that takes over the teacher's classifier behind a projector, 'student: {model: resnet8, projector: 64}', \
    with this loss alone: 'taps: [{student: fc.projector, teacher: layer3}]'.
    """,
    equation: ["L = mean over pairs of mean( (r(F_student) − F_teacher)² )"],
    source: "Romero et al. 2015, arXiv 1412.6550, equation 3; Chen et al. 2022, arXiv 2203.14001")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose features are compared, at least one.
  public var taps: [TapPair] = []
  /// The layers between both.
  public var regressor = Regressor.linear

  /// The keys in recipes.
  public static let keys: [Key<HintLoss>] = [
    .weight,
    .list("taps", \.taps, "the modules whose results are compared").required(),
    .choice("adapter", \.regressor, "the layers between both"),
  ]

  /// A loss with weight 1 and no pairs.
  public init() {}

  /// Hints at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], regressor: Regressor = .linear) {
    (self.weight, self.taps, self.regressor) = (weight, taps, regressor)
  }

  /// One adapter per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    switch regressor {
    case .linear: try Adapter.each(student, teacher, Adapter.matching)
    case .projector: try Adapter.each(student, teacher, Adapter.projector)
    }
  }

  /// The mean squared error after the adapter.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let (own, target) = try pair.adapted()
    return meanSquaredError(own, target)
  }
}
