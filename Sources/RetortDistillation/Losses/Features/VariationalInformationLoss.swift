import Glibc
import RetortCore
import RetortNN
import RetortSchema

/// Variational information distillation: how likely a teacher's features are, given a student's, negated.
public struct VariationalInformationLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "vid", "unlikelihood of the teacher's features, given the student's",
    """
    A lower bound of what the student's features tell of the teacher's: these are normal about μ, which is three 1×1 \
    convolutions with ReLU between them, with a variance σ² of each channel; both are learnt with the student. The \
    value may be negative. As in RepDistiller; the constant ½·log 2π is left out.
    """,
    equation: [
      "L = mean over pairs and elements of ½ · ( (F_teacher − μ(F_student))² / σ² + log σ² )",
      "σ² = softplus(a) + 10⁻⁵, 5 at first",
    ], source: "Ahn, Hu, Damianou, Lawrence, Dai 2019, arXiv 1904.05835")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, at least one.
  public var taps: [TapPair] = []
  /// The channels between the convolutions of μ; 0 for the teacher's.
  public var width = 0

  /// The keys in recipes.
  public static let keys: [Key<VariationalInformationLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared").required(),
    .int("width", \.width, 0...65536, "the channels within μ; 0 for the teacher's"),
  ]

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], width: Int = 0) {
    (self.weight, self.taps, self.width) = (weight, taps, width)
  }

  /// One distribution per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireMaps(student, teacher)
      return FeatureDistribution(
        from: student[-1], by: width > 0 ? width : teacher[-1], to: teacher[-1])
    }
  }

  /// The mean unlikelihood.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let (mean, target) = try pair.adapted()
    guard let distribution = pair.adapter as? FeatureDistribution else {
      return meanSquaredError(mean, target) * 0.5
    }
    let variance = pair.comparison.adapting { distribution.variance }
    return ((mean - target).square() / variance + variance.log()).mean() * 0.5
  }
}

/// A normal distribution of a teacher's channels, given a student's.
final class FeatureDistribution: Module {
  private let conv1: Conv2d
  private let conv2: Conv2d
  private let conv3: Conv2d
  /// a, of which the variance is a function, by channel.
  private let scale: Parameter

  init(from inputs: Int, by width: Int, to outputs: Int) {
    conv1 = Conv2d(inputs, width, kernel: 1, bias: false)
    conv2 = Conv2d(width, width, kernel: 1, bias: false)
    conv3 = Conv2d(width, outputs, kernel: 1, bias: false)
    scale = Parameter([outputs], .constant(Float(log(exp(5 - 1e-5) - 1))))
  }

  /// μ of the student's features.
  override func forward(_ x: Tensor) -> Tensor { conv3(conv2(conv1(x).relu()).relu()) }

  /// σ², by channel.
  var variance: Tensor { scale.tensor.softplus() + 1e-5 }
}
