import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Factor transfer: the distance of factors, into which one network paraphrases a teacher's features, and another
/// translates a student's.
public struct FactorTransferLoss: DistillationLoss {
  /// How factors are compared.
  public enum Form: String, CaseIterable, Sendable {
    /// By their elements, the whole factor over its length, as in the paper.
    case whole
    /// By their maps of attention, as in RepDistiller.
    case map
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "factor-transfer", "distance of factors that features are paraphrased by",
    """
    An autoencoder, the paraphraser, learns the teacher's features and gives a factor of fewer channels; another \
    network, the translator, makes one of the student's. Both are three 3×3 convolutions with batch norms and leaky \
    ReLUs, and learn beside the student: the paper trains the paraphraser before. Its own loss stands in logs with \
    '-paraphraser' behind the name; factors as targets receive no gradient. 'map' compares maps of attention of \
    factors, which RepDistiller does, with a weight of 200.
    """,
    equation: [
      "L = mean over pairs of mean | f_student − f_teacher | + mean ( D(f) − F_teacher )²",
      "f = factor / ‖factor‖                                       whole",
      "f = q / ‖q‖,  q = mean over channels of factor²             map",
    ], source: "Kim, Park, Kwak 2018, arXiv 1802.04977")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, at least one.
  public var taps: [TapPair] = []
  /// The share of the teacher's channels that a factor has, in (0, 1].
  public var rate = 0.5
  /// How factors are compared.
  public var form = Form.whole

  /// The keys in recipes.
  public static let keys: [Key<FactorTransferLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared").required(),
    .number("rate", \.rate, .positive(upTo: 1), "a factor's channels for each of the teacher's"),
    .choice("form", \.form, "how factors are compared"),
  ]
  /// True: the teacher's factors are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1 and half the channels.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], rate: Double = 0.5, form: Form = .whole) {
    (self.weight, self.taps, self.rate, self.form) = (weight, taps, rate, form)
  }

  /// A paraphraser and a translator per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireMaps(student, teacher)
      return FactorMaker(
        student: student[-1], teacher: teacher[-1],
        factor: max(1, Int((Double(teacher[-1]) * rate).rounded())))
    }
  }

  /// The factors' distance, and the paraphraser's own loss, if there is a teacher.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps)
    var (distances, errors): ([Tensor], [Tensor]) = ([], [])
    for pair in pairs {
      let (own, target) = pair.atOneSize()
      guard let maker = pair.adapter as? FactorMaker else {
        distances.append(distance(own, target))
        continue
      }
      x.adapting {
        let factor = maker.paraphraser(target)
        distances.append(distance(maker.translator(own), factor.stopGradient()))
        errors.append(meanSquaredError(maker.decoder(factor), target))
      }
    }
    return [
      LossTerm(name, weight: weight, meanOf: distances),
      LossTerm("\(name)-paraphraser", weight: weight, meanOf: errors),
    ].compactMap(\.self)
  }

  private func distance(_ student: Tensor, _ teacher: Tensor) -> Tensor {
    func direction(_ factor: Tensor) -> Tensor {
      switch form {
      case .whole: factor.flatten().unit()
      case .map: factor.square().mean(axes: [3]).flatten().unit()
      }
    }
    return (direction(student) - direction(teacher)).abs().mean()
  }
}

/// The networks that make factors of a student's and a teacher's features.
final class FactorMaker: Module {
  /// From the teacher's features to a factor.
  let paraphraser: Sequential
  /// From a factor back to the teacher's features.
  let decoder: Sequential
  /// From the student's features to a factor.
  let translator: Sequential

  init(student: Int, teacher: Int, factor: Int) {
    func chain(_ channels: [Int]) -> Sequential {
      Sequential(
        zip(channels, channels.dropFirst()).flatMap { inputs, outputs -> [Module] in
          [
            Conv2d(inputs, outputs, kernel: 3, padding: 1), BatchNorm(outputs), LeakyReLU(0.1),
          ]
        })
    }
    paraphraser = chain([teacher, teacher, factor, factor])
    decoder = chain([factor, factor, teacher, teacher])
    translator = chain([student, student, factor, factor])
  }
}
