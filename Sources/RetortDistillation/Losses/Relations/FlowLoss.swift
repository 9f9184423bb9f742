import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// The flow of a solution procedure: the squared distance of products of two layers' channels.
public struct FlowLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "fsp", "squared distance of products of two layers' channels",
    """
    How a network gets from one layer to another is told by which channels of both are large at the same places. Taps \
    are such layers in order, two or more; each and the next make a flow. Student and teacher must have as many \
    channels there, which no adapter helps. The larger of two maps is pooled to the smaller. The mean is over \
    elements and flows, as in RepDistiller, whose weight is 50; the paper has sums.
    """,
    equation: [
      "L = mean over flows, examples and elements of ( G_student − G_teacher )²",
      "G = F₁ᵀ·F₂ / places,  F₁ and F₂ two layers' features, a row for each place",
    ], source: "Yim, Joo, Bae, Kim 2017, CVPR")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The layers between which flows are compared, in order, at least two pairs.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<FlowLoss>] = [
    .weight, .list("taps", \.taps, "the layers between which flows are compared").required(),
  ]
  /// True: the teacher's flows are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// A flow has two ends.
  public var faults: [KeyFault] {
    taps.count == 1
      ? [KeyFault("taps", "a flow is between two layers; name two or more under 'taps'")] : []
  }

  /// No layers.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.none(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireMaps(student, teacher)
      guard student[-1] == teacher[-1] else {
        throw AdapterError(
          student: student, teacher: teacher, remedy: "tap layers of as many channels")
      }
    }
  }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps)
    let errors = zip(pairs, pairs.dropFirst()).map { start, end in
      meanSquaredError(
        flow(from: start.student, to: end.student), flow(from: start.teacher, to: end.teacher))
    }
    return LossTerm(name, weight: weight, meanOf: errors).map { [$0] } ?? []
  }

  private func flow(from start: Tensor, to end: Tensor) -> Tensor {
    let (first, second) = Adapter.atOneSize(start, end)
    let places = Double(first.shape[1] * first.shape[2])
    return first.places().matmul(second.places(), transposeA: true) / places
  }
}
