import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Hints of several teachers, of which those count more whose classifiers are right about the student's features.
public struct ConfidentHintLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "confident-hint", "features of several teachers, weighed by how right their classifiers are",
    """
    CA-MKD's second part, beside 'kd' of teachers whose mean is 'confidence'. r_k is SimKD's projector from the \
    student's map to the one whose means teacher k's classifier reads: 'taps: [{student: layer3, teacher: big.layer3}, \
    {student: layer3, teacher: small.layer3}]'. For each example a teacher counts more the smaller the cross-entropy \
    of its own classifier is on the projected map; gradients flow through these weights too, as in the authors' code, \
    which divides by the number of teachers besides. Its weight there is 50. Pairs count alike where they do not each \
    name another teacher, and on explored examples, which have no labels.
    """,
    equation: [
      "L = Σ_k mean over examples of w_k · mean( (r_k(F_student) − F_k)² )",
      "w_k = (1 − softmax over k of CE( classifier_k(r_k(F_student)), label )) / (K − 1)",
    ], source: "Zhang, Chen, Wang 2022, arXiv 2201.00007, equations 5 to 7; Rorozhl/CA-MKD")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// A map of the student with the last one of each teacher, at least one pair.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<ConfidentHintLoss>] = [
    .weight,
    .list("taps", \.taps, "a map of the student, and the last one of each teacher").required(),
  ]
  /// True: the teachers' maps are its targets.
  public static let needsTeacher = true
  /// True: they say which teacher is right.
  public static let needsLabels = true
  /// True: what a teacher's classifier makes of another map than its last would say nothing.
  public static let tapsLastMaps = true

  /// A loss with weight 1 and no pairs.
  public init() {}

  /// Hints at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// The pairs' modules and each teacher's logits.
  public var teacherPaths: Set<String> {
    Set(taps.flatMap { [$0.teacher, $0.teacherOutput] })
  }

  /// A projector per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher, Adapter.projector)
  }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has, `AdapterError` for maps of other channels than a teacher's
  ///   classifier reads the means of.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps)
    guard let teacher = x.teacher, !pairs.isEmpty else { return [] }
    let isWeighed = taps.count > 1 && Set(taps.map(\.teacherOutput)).count == taps.count
    var (errors, doubts): ([Tensor], [Tensor]) = ([], [])
    for (pair, tap) in zip(pairs, taps) {
      let (own, target) = try pair.adapted()
      errors.append((own - target).square().mean(axes: [1, 2, 3]))
      guard let labels = x.labels, isWeighed else { continue }
      let said = try teacher.value(tap.teacherOutput).said(instead: own)
      doubts.append(said.crossEntropyRows(labels).reshape([-1, 1]))
    }
    let shares = Array(repeating: 1 / Double(pairs.count), count: pairs.count)
    let parts =
      doubts.isEmpty
      ? zip(errors, shares).map { $0.mean() * $1 }
      : zip(errors, Ensemble.weights(by: doubts, shares)).map { ($0 * $1.reshape([-1])).mean() }
    return parts.sum().map { [LossTerm(name, weight: weight, $0)] } ?? []
  }
}

extension Tensor {
  /// What the last layer that made these logits, `[batch, classes]`, makes of the means of another map.
  ///
  /// A linear layer differs by the product of the difference.
  ///
  /// - Throws: `AdapterError` where it reads something else than means of as many channels.
  fileprivate func said(instead map: Tensor) throws(AdapterError) -> Tensor {
    let fault = AdapterError(
      student: map.shape, teacher: shape,
      remedy: "tap the map whose means the teacher's last layer reads")
    guard let product = lastProduct, case .matmul(false, let transposes) = product.op else {
      throw fault
    }
    let (features, weight) = (product.operand(0), product.operand(1))
    guard features.shape == [map.shape[0], map.shape[-1]] else { throw fault }
    let change = map.globalAveragePool() - features.stopGradient()
    return stopGradient() + change.matmul(weight.stopGradient(), transposeB: transposes)
  }
}
