import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Self attention distillation: each layer's map of attention learns from that of the layer behind it.
public struct SelfAttentionLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "self-attention", "squared distance of maps of attention of a student's own layers",
    """
    A student without a teacher: the attention of each of 'modules', in order, is compared with that of the next, \
    which is constant to it. The map of attention is the softmax over places of the sum of squares over channels. The \
    larger of two maps is pooled to the smaller, where the paper resamples bilinearly. The sum is over places; the \
    common code has a mean over them and lets both layers move, by which the loss is a thousandth of others. The paper \
    begins with it once the student has learned for a while, with a weight of 0.1.
    """,
    equation: [
      "L = Σ over m of mean over examples of Σ over places ( Ψ(F_m) − Ψ(F_m+1) )²",
      "Ψ(F) = softmax over places of Σ over channels of F²",
    ], source: "Hou, Ma, Liu, Loy 2019, arXiv 1908.00821, equations 1 and 2")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The modules, from the first to the last layer, at least two.
  public var ownTaps: [OwnTap] = []

  /// The keys in recipes.
  public static let keys: [Key<SelfAttentionLoss>] = [
    .weight, .list("modules", \.ownTaps, "modules of the student, in order").required(),
  ]
  /// False: it learns from itself.
  public static let needsTeacher = false

  /// A loss with weight 1.
  public init() {}

  /// A loss of the given modules.
  public init(weight: Double = 1, modules: [String]) {
    (self.weight, ownTaps) = (weight, modules.map(OwnTap.init))
  }

  /// There are two to compare.
  public var faults: [KeyFault] {
    ownTaps.count == 1
      ? [KeyFault("modules", "'modules' has one, and nothing to compare it with")] : []
  }

  /// No layers.
  ///
  /// - Throws: `AdapterError` where a module's result is no map.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.none(student.dropLast(), student.dropLast(), Adapter.requireMaps)
  }

  /// One term; gradients flow into the earlier module of each two.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let student = x.student, ownTaps.count > 1 else { return [] }
    let maps = try ownTaps.map { try student.value($0.module) }
    var parts: [Tensor] = []
    for (own, next) in zip(maps, maps.dropFirst()) {
      let (own, target) = Adapter.atOneSize(own, next.stopGradient())
      parts.append(
        attention(own).divergenceRows(.probabilityL2, teacher: attention(target)).mean())
    }
    return parts.sum().map { [LossTerm(name, weight: weight, $0)] } ?? []
  }

  /// `[batch, places]`, whose softmax is the map of attention.
  private func attention(_ map: Tensor) -> Tensor {
    map.square().sum(axes: [3]).flatten()
  }
}
