import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// On-the-fly native ensemble: branches of one network teach themselves by what they say together.
public struct NativeEnsembleLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "native-ensemble", "branches behind a shared trunk, taught by what they say together",
    """
    ONE: a student without a teacher. The first of 'modules' ends the trunk that all branches share; the student's own \
    layers behind it are one branch, and each of the others is a stack of convolutions that brings the trunk's map to \
    the size and the channels of the last of 'modules', with a classifier. The paper's branches are as the student's \
    own layers are. A gate weighs the branches' logits for each example. Branches and ensemble learn from labels, and \
    all branches, the student's own too, from the ensemble, which is constant to them; the student learns from labels \
    by cross-entropy, which goes beside this loss. Branches and gate learn with the student and are not exported: the \
    student itself is what is used. The authors' code raises the weight of logits over the first 80 of 300 epochs.
    """,
    equation: [
      "L = Σ over other branches i of CE(label, z_i) + CE(label, z) + T²·Σ over branches i of KL( p^T ‖ p_i^T )",
      "z = Σ over branches i of g_i·z_i,  g = softmax(ReLU(BN(linear(mean over places of the trunk))))",
      "p^T = softmax(z/T),  p_i^T = softmax(z_i/T)",
    ], source: "Lan, Zhu, Gong 2018, arXiv 1806.04606, section 3")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The module that ends the trunk, and the one whose map the branches end in.
  public var ownTaps: [OwnTap] = []
  /// How many branches there are besides the student's own, ≥ 1.
  public var branches = 2
  /// T, > 0.
  public var temperature = 3.0

  /// The keys in recipes.
  public static let keys: [Key<NativeEnsembleLoss>] = [
    .weight,
    .list("modules", \.ownTaps, "the end of the trunk, and then the deepest map").required(),
    .int("branches", \.branches, 1...16, "how many branches there are besides the student's own"),
    .temperature(\.temperature),
  ]
  /// False: it learns from itself.
  public static let needsTeacher = false
  /// True.
  public static let needsLabels = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// A loss with the paper's constants.
  public init() {}

  /// A loss of branches between the modules at two paths.
  public init(trunk: String, deepest: String, branches: Int = 2, temperature: Double = 3) {
    ownTaps = [OwnTap(trunk), OwnTap(deepest)]
    (self.branches, self.temperature) = (branches, temperature)
  }

  /// There are two modules.
  public var faults: [KeyFault] {
    ownTaps.isEmpty || ownTaps.count == 2
      ? []
      : [
        KeyFault(
          "modules",
          "'modules' has \(ownTaps.count); name the module that ends the trunk and then the deepest map"
        )
      ]
  }

  /// A branch for each but the student's own, and the gate.
  ///
  /// - Throws: `AdapterError` where a module's result is no map.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    guard student.count == 3 else { return [] }
    let (trunk, deepest, classes) = (student[0], student[1], student[2][-1])
    try Adapter.requireMaps(trunk, deepest)
    return (0..<branches).map { _ in Branch(from: trunk, to: deepest, classes: classes) }
      + [Gate(channels: trunk[3], branches: branches + 1)]
  }

  /// Three terms: of labels over the other branches, of the ensemble on labels, and of logits over all branches.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let student = x.student, let labels = x.labels, let trunk = ownTaps.first,
      let gate = x.adapters.last as? Gate
    else { return [] }
    let map = try student.value(trunk.module)
    let exits = x.adapters.compactMap { $0 as? Branch }
    let others = x.adapting { exits.map { $0.features(map).logits } }
    let shares = x.adapting { gate(map) }
    let branches = [student.output] + others
    let parts = branches.enumerated().map { index, logits in
      logits * shares.slice(axis: 1, index..<index + 1)
    }
    func term(_ part: String, _ value: Tensor) -> LossTerm {
      LossTerm("\(name)-\(part)", weight: weight, value)
    }
    func onLabels(_ logits: Tensor) -> Tensor {
      x.mixed(labels) { logits.crossEntropyRows($0) }.mean()
    }
    guard let ensemble = parts.sum(), let onOthers = others.map(onLabels).sum() else { return [] }
    let distances = branches.map {
      softTargetLoss(student: $0, teacher: ensemble, temperature: temperature)
    }
    return [
      term("labels", onOthers), term("ensemble", onLabels(ensemble)),
      term("logits", distances.dropFirst().reduce(distances[0], +)),
    ]
  }
}

/// What weighs branches for each example, by what a map shows.
final class Gate: Module {
  private let fc: Linear
  private let norm: BatchNorm

  /// - Parameters:
  ///   - channels: Those of the map.
  ///   - branches: The number of weights.
  init(channels: Int, branches: Int) {
    // Batch norm would take a bias off again.
    fc = Linear(channels, branches, bias: false)
    norm = BatchNorm(branches)
  }

  /// Weights of sum 1 for each example, `[batch, branches]`, of a map.
  override func forward(_ x: Tensor) -> Tensor {
    norm(fc(x.globalAveragePool())).relu().softmax()
  }
}
