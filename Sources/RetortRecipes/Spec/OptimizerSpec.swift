import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// How parameters follow gradients.
public struct OptimizerSpec: Sendable {
  /// The rule with its constants.
  public var rule: any Optimizer = Adam()
  /// Which parameters weight decay shrinks.
  public var decays = DecayScope()
  /// How gradients are bounded, if at all.
  public var clipping: GradientClipping?
  /// The mean of the weights that is evaluated and exported in their place, if any.
  public var averaging: WeightAveraging?
  /// How the learning rate changes.
  public var schedule = ScheduleSpec()

  /// Adam at 1e-3.
  public init() {}

  /// Fresh state for the parameters of `store`, whose gradients come of products in `compute`.
  package func state(for store: ParameterStore, _ compute: ComputeType) -> OptimizerState {
    let cycled = schedule.kind.momentum(at: 0)
    var rule = rule
    rule.momentum = cycled ?? rule.momentum
    return OptimizerState(
      rule, clipping: clipping, averaging: averaging,
      lossScaling: compute == .fp16 ? LossScaling() : nil, decays: decays,
      cyclesMomentum: cycled != nil, for: store)
  }
}

extension OptimizerSpec: Configurable {
  /// The keys of `optimizer`.
  public static let keys: [Key<OptimizerSpec>] =
    [
      .kind("kind", \.rule, of: OptimizerCatalog.all, "the rule"),
      .bool("decay-biases", \.decays.biases, "whether biases decay, but those of norms")
        .omittedAtDefault()
        .only(where: { $0.hasDecay }, not: "no weight decay", but: ["a 'weight-decay' above 0"]),
      .bool("decay-norms", \.decays.norms, "whether batch and layer norms decay")
        .omittedAtDefault()
        .only(where: { $0.hasDecay }, not: "no weight decay", but: ["a 'weight-decay' above 0"]),
    ]
    + .oneOf(
      .number(
        "clip-norm", \.clipNorm, .positive(),
        "the largest norm of all gradients together; logged as gradient-norm"),
      .number(
        "clip-value", \.clipValue, .positive(), "the largest magnitude of a gradient's element"))
    + [
      .map("average", \.average, "a mean of the weights that is evaluated in their place"),
      .map("schedule", \.schedule, "how the learning rate changes"),
    ]

  /// The kind may stand alone.
  public static let shorthand: String? = "kind"

  /// Whether both do the same.
  public static func == (a: OptimizerSpec, b: OptimizerSpec) -> Bool { a.entries == b.entries }

  /// A momentum that the schedule replaces says nothing, but that SGD may look ahead.
  public var faults: [KeyFault] {
    guard schedule.kind.momentum(at: 0) != nil, (rule as? SGD)?.nesterov != true,
      rule.momentum != type(of: rule).init().momentum
    else { return [] }
    let key = rule is SGD || rule is RMSprop ? "momentum" : "beta1"
    return [
      KeyFault(
        key,
        "'\(key)' has no effect, for the schedule cycles it; leave it out, or say "
          + "'cycle-momentum: false' in 'optimizer.schedule'")
    ]
  }

  private var hasDecay: Bool { rule.weightDecay > 0 }

  private var clipNorm: Double? {
    get { if case .norm(let limit) = clipping { limit } else { nil } }
    set { if let newValue { clipping = .norm(newValue) } }
  }

  private var clipValue: Double? {
    get { if case .value(let limit) = clipping { limit } else { nil } }
    set { if let newValue { clipping = .value(newValue) } }
  }

  private var average: AverageSpec? {
    get { averaging.map(AverageSpec.init) }
    set { averaging = newValue?.averaging }
  }
}

/// How the learning rate changes.
public struct ScheduleSpec: Sendable {
  /// What follows the warm-up.
  public var kind: any NamedSchedule = ConstantSchedule()
  /// Steps over which the learning rate rises from zero first.
  public var warmup = 0

  /// The same rate throughout.
  public init() {}

  /// The schedule over `steps` optimizer steps.
  public func schedule(steps: Int) -> any Schedule {
    let main = kind.over(max(1, steps - warmup))
    return warmup > 0 ? WarmUp(steps: warmup, then: main) : main
  }
}

extension ScheduleSpec: Configurable {
  /// The keys of `schedule`.
  public static let keys: [Key<ScheduleSpec>] = [
    .kind("kind", \.kind, of: ScheduleCatalog.all, isRequired: true, "what follows the warm-up"),
    .int(
      "warmup", \.warmup, 0...TrainSpec.stepLimit,
      "steps over which the rate rises from zero first"),
  ]

  /// The kind may stand alone.
  public static let shorthand: String? = "kind"

  /// Whether both are the same.
  public static func == (a: ScheduleSpec, b: ScheduleSpec) -> Bool { a.entries == b.entries }
}

/// The map under `average`.
struct AverageSpec: Configurable {
  enum Kind: String, CaseIterable { case exponential, equal }

  var kind: Kind = .exponential
  var decay = 0.999
  var from: Int?

  init() {}

  init(_ averaging: WeightAveraging) {
    switch averaging {
    case .exponential(let decay, let from): (self.decay, self.from) = (decay, from)
    case .equal(let from): (kind, self.from) = (.equal, from)
    }
  }

  static let keys: [Key<AverageSpec>] = [
    .choice("kind", \.kind, "how steps are weighted"),
    .number("decay", \.decay, .belowOne, "the share of the last mean that stays").required()
      .only(with: "kind", [Kind.exponential.rawValue]),
    .int("from", \.from, 0...TrainSpec.stepLimit, "how many steps to leave out"),
  ]

  var averaging: WeightAveraging {
    switch kind {
    case .exponential: .exponential(decay: decay, from: from ?? 0)
    case .equal: .equal(from: from ?? 0)
    }
  }

  var faults: [KeyFault] {
    kind == .equal && from == nil
      ? [KeyFault("from", "'average' of kind 'equal' lacks 'from', the steps to leave out")] : []
  }
}
