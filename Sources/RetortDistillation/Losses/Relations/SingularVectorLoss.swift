import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// How the singular vectors of a layer's features lie to those of the next.
public struct SingularVectorLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "svd", "how singular vectors of features lie to those of the next layer",
    """
    A map is a matrix with a row for each place, of which the first right singular vectors tell most; maps may be of \
    any size. Taps are layers in order, two or more; elements of a layer's vectors and the next one's are related by a \
    radial basis function. A teacher's vector is compared with that of the student's first k + 1 that is most like it, \
    with signs that make the cosine positive; the teacher's vectors sum to no less than 0. Where channels differ the \
    student's map first passes a 1×1 convolution that learns with it. Time grows with the cube of the smaller of \
    places and channels. The mean is over layers and examples; the authors' code sums, as a weight of batch times \
    layers does, and clips the gradient to that of the student's own loss.
    """,
    equation: [
      "L = mean over layers and examples of ½·√k · Σ_ijn ( R_student − R_teacher )²_ijn",
      "R_ijn = exp( −( σ_n·v_in − σ'_n·v'_jn )² / 8 ),  v of a layer and v' of the next",
      "σ_n: the teacher's singular values over ‖σ‖,  n = 1…k",
    ], source: "Lee, Kim, Song 2018, arXiv 1807.06819")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The layers whose singular vectors are related, in order, at least two pairs.
  public var taps: [TapPair] = []
  /// k, the singular vectors of each layer, ≥ 1.
  public var vectors = 1

  /// The keys in recipes.
  public static let keys: [Key<SingularVectorLoss>] = [
    .weight, .list("taps", \.taps, "the layers whose maps are related, in order").required(),
    .int("vectors", \.vectors, 1...16, "k, the singular vectors of each layer"),
  ]
  /// True: the teacher's relations are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1 and one vector.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], vectors: Int = 1) {
    (self.weight, self.taps, self.vectors) = (weight, taps, vectors)
  }

  /// A relation has two ends.
  public var faults: [KeyFault] {
    taps.count == 1
      ? [KeyFault("taps", "vectors relate two layers; name two or more under 'taps'")] : []
  }

  /// One that brings channels together, per pair where they differ.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireMaps(student, teacher)
      return try Adapter.matching(student, teacher)
    }
  }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has, `AdapterError` for maps of other channels.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let layers = try x.pairs(taps).map { try AlignedVectors($0, count: vectors, spare: 1) }
    let errors = zip(layers, layers.dropFirst()).map { layer, next in
      let count = min(layer.count, next.count)
      func relation(_ part: KeyPath<AlignedVectors, Tensor>) -> Tensor {
        func weighted(_ vectors: AlignedVectors) -> Tensor {
          (vectors[keyPath: part] * vectors.shares).slice(axis: 2, 0..<count)
        }
        let (own, other) = (weighted(layer), weighted(next))
        let differences = own.expandingMiddle(2) - other.expandingMiddle(1)
        return (differences.square() * -0.125).exp()
      }
      let squares = (relation(\.student) - relation(\.teacher)).square()
      return squares.sum() * (0.5 * Double(count).squareRoot() / Double(squares.shape[0]))
    }
    return LossTerm(name, weight: weight, meanOf: errors).map { [$0] } ?? []
  }
}
