import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Instance relationship graphs: outputs as vertices, distances of examples as edges, and how features move from layer to
/// layer.
public struct InstanceGraphLoss: RelationalLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "irg", "outputs, distances among examples, and moves from layer to layer",
    """
    Edges are squared distances of a batch's examples over the largest, in each tapped layer, or of the outputs if \
    there are no taps. Moves are squared distances of an example's features in one tapped layer from those in the \
    next, over the largest; they are of layers that have as many channels, the larger map pooled. Parts of weight 0 \
    are left out, vertices of outputs of two sizes too.
    """,
    equation: [
      "L = v · mean( s − t )² + e · mean over layers of mean( A_s − A_t )² + m · mean over moves of mean( M_s − M_t )²",
      "A_ij = ‖x_i − x_j‖² / max,  M_i = ‖x_i of a layer − x_i of the next‖² / max",
    ], source: "Liu, Cao, Li, Yuan, Hu, Li, Duan 2019, CVPR")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The layers that have graphs, in order; none for the outputs alone.
  public var taps: [TapPair] = []
  /// v, the weight of outputs, ≥ 0.
  public var vertices = 0.1
  /// e, the weight of distances among examples, ≥ 0.
  public var edges = 5.0
  /// m, the weight of moves between layers, ≥ 0.
  public var moves = 5.0

  /// The keys in recipes.
  public static let keys: [Key<InstanceGraphLoss>] = [
    .weight, .relatedTaps,
    .number("vertices", \.vertices, .notNegative(), "v, what multiplies outputs"),
    .number("edges", \.edges, .notNegative(), "e, what multiplies distances among examples"),
    .number("moves", \.moves, .notNegative(), "m, what multiplies moves between layers"),
  ]
  /// True: the teacher's graphs are its targets.
  public static let needsTeacher = true

  /// A loss with the weights of Knowledge-Distillation-Zoo.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(
    weight: Double = 1, taps: [TapPair] = [], vertices: Double = 0.1, edges: Double = 5,
    moves: Double = 5
  ) {
    (self.weight, self.taps) = (weight, taps)
    (self.vertices, self.edges, self.moves) = (vertices, edges, moves)
  }

  /// A term for each part of weight > 0, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    func term(_ part: String, _ share: Double, _ errors: [Tensor]) -> LossTerm? {
      share > 0 ? LossTerm("\(name)-\(part)", weight: weight * share, meanOf: errors) : nil
    }
    let outputs = try x.pairs([]).filter { $0.student.shape == $0.teacher.shape }
    let layers = try x.pairs(taps)
    let steps = zip(layers, layers.dropFirst()).compactMap { first, second -> Tensor? in
      guard let own = move(first.student, second.student),
        let other = move(first.teacher, second.teacher)
      else { return nil }
      return meanSquaredError(own, other)
    }
    return [
      term("vertices", vertices, outputs.map { meanSquaredError($0.student, $0.teacher) }),
      term("edges", edges, layers.map { meanSquaredError(graph($0.student), graph($0.teacher)) }),
      term("moves", moves, steps),
    ].compactMap(\.self)
  }

  private func graph(_ features: Tensor) -> Tensor {
    overLargest(BatchRelations(features).squaredDistances)
  }

  /// How far each example's features are from those of the next layer; nil for layers that cannot be compared.
  private func move(_ first: Tensor, _ second: Tensor) -> Tensor? {
    let (a, b) = Adapter.atOneSize(first, second)
    guard a.shape == b.shape else { return nil }
    return overLargest((a - b).flatten().square().sum(axes: [1]).maximum(a.graph.fill(1e-12)))
  }

  private func overLargest(_ values: Tensor) -> Tensor {
    values / values.maximum(axes: nil, keepingAxes: false).maximum(values.graph.fill(1e-12))
  }
}
