import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Relational distillation: distances and angles among the outputs of a batch.
public struct RelationLoss: RelationalLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "rkd", "distances and angles among the examples of a batch",
    """
    The student learns how the teacher's outputs lie to each other rather than where: distances of pairs, as \
    shares of their mean, and angles of triples. Both may have outputs of different sizes. A batch of b has \
    b³ angles, so with large batches 'angle' is left at 0. h is Huber's loss; the mean over all b² and b³, \
    as in RepDistiller, whose weights are 25 and 50. With 'taps' it is of features in place of outputs.
    """,
    equation: [
      "L = d · mean h( ψ_s − ψ_t ) + a · mean h( φ_s − φ_t )",
      "ψ(i, j) = ‖x_i − x_j‖ / mean,  φ(i, j, k) = cos ∠( x_i − x_j, x_k − x_j )",
      "h(e) = ½·e² for |e| ≤ 1, else |e| − ½",
    ], source: "Park, Kim, Lu, Cho 2019, arXiv 1904.05068, sections 3.2.1 and 3.2.2")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose results are related; none for the outputs.
  public var taps: [TapPair] = []
  /// The weight of distances within the loss, ≥ 0.
  public var distance = 1.0
  /// The weight of angles within the loss, ≥ 0.
  public var angle = 2.0

  /// The keys in recipes.
  public static let keys: [Key<RelationLoss>] = [
    .weight, .number("distance", \.distance, .notNegative(), "d, what multiplies distances"),
    .number("angle", \.angle, .notNegative(), "a, what multiplies angles"), .relatedTaps,
  ]
  /// True: the teacher's relations are its targets.
  public static let needsTeacher = true

  /// Distances and angles as the paper weighs them, 1 to 2.
  public init() {}

  /// A loss with the given weights.
  public init(
    weight: Double = 1, distance: Double = 1, angle: Double = 2, taps: [TapPair] = []
  ) {
    (self.weight, self.distance, self.angle, self.taps) = (weight, distance, angle, taps)
  }

  /// One term each for distances and angles of weight > 0, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps).map {
      (own: BatchRelations($0.student), other: BatchRelations($0.teacher))
    }
    func term(
      _ part: String, _ share: Double, _ relation: (BatchRelations) -> Tensor
    ) -> LossTerm? {
      let errors = pairs.map { huberLoss(relation($0.own), relation($0.other)) }
      return share > 0
        ? LossTerm("\(name)-\(part)", weight: weight * share, meanOf: errors) : nil
    }
    return [
      term("distance", distance, \.relativeDistances), term("angle", angle, \.angles),
    ].compactMap(\.self)
  }
}
