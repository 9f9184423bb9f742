import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Be your own teacher: classifiers behind earlier layers learn from labels and from the last one.
public struct ExitsLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "exits", "classifiers behind earlier layers, taught by the last one",
    """
    A student without a teacher: behind each of 'modules' stands a bottleneck, which brings the map to the size and \
    the channels of the last of them, and a classifier. Each learns from labels, from the student's own logits and from \
    its last map, both constant; the student's own classifier learns from labels by cross-entropy, which goes beside \
    this loss. The last of 'modules' is the deepest map and has no exit. Three sections before it make the paper's four. \
    Exits learn with the student; at the end each is measured and written as an ONNX file of its own, without the \
    layers behind it. Common code has alpha 0.1 to 0.3 and feature weights of 1e-6 to 0.03.
    """,
    equation: [
      "L = Σ over exits i of (1 − α)·CE(label, q_i) + α·T²·KL( p^T ‖ q_i^T ) + λ·mean over examples of ‖F_i − F‖²",
      "p, F: of the student's own output and the last module,  q_i, F_i: of the exit",
    ], source: "Zhang et al. 2019, arXiv 1905.08094, section 3.2")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The modules with exits, from the first layer on, and then the deepest map; at least two.
  public var ownTaps: [OwnTap] = []
  /// α, the share of the last classifier, in [0, 1].
  public var alpha = 0.3
  /// T, > 0.
  public var temperature = 3.0
  /// λ, the weight of features, ≥ 0.
  public var featureWeight = 0.03

  /// The keys in recipes.
  public static let keys: [Key<ExitsLoss>] = [
    .weight,
    .list("modules", \.ownTaps, "modules with an exit, in order, and then the deepest").required(),
    .number("alpha", \.alpha, .unit, "α, the share of the student's own classifier"),
    .number("temperature", \.temperature, .positive(), "T, by which logits are divided"),
    .number("feature-weight", \.featureWeight, .notNegative(), "λ, the weight of features"),
  ]
  /// False: it learns from itself.
  public static let needsTeacher = false
  /// True.
  public static let needsLabels = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// A loss with the paper's constants.
  public init() {}

  /// A loss of exits behind all of `modules` but the last.
  public init(
    modules: [String], alpha: Double = 0.3, temperature: Double = 3, featureWeight: Double = 0.03
  ) {
    ownTaps = modules.map(OwnTap.init)
    (self.alpha, self.temperature, self.featureWeight) = (alpha, temperature, featureWeight)
  }

  /// There is an exit, and a map behind it.
  public var faults: [KeyFault] {
    ownTaps.count == 1
      ? [
        KeyFault("modules", "'modules' has one; name modules with an exit and then the deepest map")
      ] : []
  }

  /// An exit for each module but the last.
  ///
  /// - Throws: `AdapterError` where a module's result is no map.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    guard let classes = student.last?[-1], student.count > 2 else { return [] }
    let deepest = student[student.count - 2]
    return try zip(ownTaps, student.dropLast(2)).map { (tap, shape) throws(AdapterError) in
      try Adapter.requireMaps(shape, deepest)
      return EarlyExit(behind: tap.module, from: shape, to: deepest, classes: classes)
    }
  }

  /// Three terms, of labels, logits and features, each the sum over exits.
  ///
  /// - Throws: `TapError` for a path that no module has, `AdapterError` for a map smaller than the deepest.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let student = x.student, let labels = x.labels, let last = ownTaps.last else { return [] }
    let deepest = try student.value(last.module).stopGradient()
    let output = student.output.stopGradient()
    var sums: (labels: Tensor, logits: Tensor, features: Tensor)?
    for (tap, adapter) in zip(ownTaps, x.adapters) {
      guard let exit = adapter as? EarlyExit else { continue }
      let map = try student.value(tap.module)
      let (features, logits) = x.adapting { exit.features(map) }
      guard features.shape == deepest.shape else {
        throw AdapterError(
          student: map.shape, teacher: deepest.shape,
          remedy: "take modules whose maps are as large as the last one's, or larger")
      }
      let parts = (
        labels: x.mixed(labels) { logits.crossEntropyRows($0) }.mean(),
        logits: logits.divergenceRows(.forwardKL, teacher: output, temperature: temperature).mean()
          * (temperature * temperature),
        features: (features - deepest).square().flatten().sum(axes: [1]).mean()
      )
      sums =
        sums.map {
          ($0.labels + parts.labels, $0.logits + parts.logits, $0.features + parts.features)
        } ?? parts
    }
    guard let sums else { return [] }
    return [
      LossTerm("\(name)-labels", weight: weight * (1 - alpha), sums.labels),
      LossTerm("\(name)-logits", weight: weight * alpha, sums.logits),
      LossTerm("\(name)-features", weight: weight * featureWeight, sums.features),
    ]
  }
}
