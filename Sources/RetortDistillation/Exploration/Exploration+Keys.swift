import RetortCore
import RetortSchema

extension Exploration: Configurable {
  /// A first-order search with the default constants.
  public init() { self.init(.first) }

  /// The keys of `explore` in recipes.
  public static let keys: [Key<Exploration>] = {
    func words(_ isOwner: (Kind) -> Bool) -> [String] {
      Kind.allCases.filter(isOwner).map(\.rawValue)
    }
    let gradient = words(\.usesGradient)
    let codes = words { $0 == .zero || $0 == .first || $0 == .reconstruction }
    let noise = words { $0 == .zero || $0 == .first || $0 == .pixelNoise }
    let random = words { $0 == .zero || $0 == .first }
    return [
      .choice("kind", \.kind, "how new examples are sought").required(),
      .int("steps", \.steps, 0...64, "K, the steps of the ascent").only(with: "kind", gradient),
      .map("step", \.step, "how far each step goes").only(with: "kind", gradient),
      .bool(
        "whitened", \.whitened,
        "whether steps are made in standard deviations of each coordinate of the codes, so that a direction "
          + "that examples hardly differ in counts for no more than others"
      ).only(with: "kind", [Kind.first.rawValue]).omittedAtDefault(),
      .number(
        "noise", \.noise, .notNegative(upTo: 1000),
        "σ, in standard deviations of each coordinate of the codes, or in pixels' units"
      ).only(with: "kind", noise),
      .choice(
        "divergence", \.measure,
        "D, what the ascent increases: KL(teacher ‖ student), KL(student ‖ teacher), their Jensen-Shannon "
          + "divergence, or the squared distance of their probabilities, Σ_c (t_c − s_c)²"
      ).only(with: "kind", gradient),
      .number("beta", \.beta, .insideUnit, "the mixture of D = jsd")
        .only(with: "divergence", [Measure.jensenShannon.rawValue]),
      .number("temperature", \.temperature, .positive(upTo: 1000), "the temperature of D")
        .only(with: "kind", gradient),
      .bool("box", \.box, "whether codes stay in the range of the examples' codes")
        .only(with: "kind", codes),
      .bool(
        "between", \.between,
        "whether a search starts on the way from one example's code to another's"
      ).only(with: "kind", random),
      .map("proposals", \.proposals, "how each start is chosen among random ones")
        .only(with: "kind", random),
      .bool(
        "chains", \.chains,
        "whether the steps are made one at each time that an example is met, from where the last one has left its code"
      ).only(with: "kind", [Kind.first.rawValue]),
      .map("climb", \.climb, "in which steps of the training a search climbs, if not in all")
        .only(with: "kind", gradient),
      .map("replay", \.replay, "the pool of earlier finds that are learnt from again")
        .only(with: "kind", random),
      .map(
        "variants", \.variants,
        "of texts: those that are kept, so that not each step has to decode"
      )
      .only(with: "kind", words { $0.searchesTexts }),
      .number("ratio", \.ratio, .positive(upTo: 64), "new examples per known one"),
      .number(
        "weight", \.weight, .notNegative(), "what multiplies the distillation loss on new examples"
      ),
      .choice(
        "statistics", \.statistics,
        "whether known and new examples pass the student's batch norms together"),
      .number("mask", \.masked, .unit, "of texts: the share of tokens that are hidden at first")
        .only(with: "kind", words { $0.searchesTexts }),
      .number(
        "sampling", \.sampling, .notNegative(upTo: 1000),
        "of texts: the temperature at which tokens are drawn; 0 for the likeliest"
      ).only(with: "kind", words { $0.searchesTexts }),
      .choice(
        "texts", \.texts, "of pairs of texts: which are new, beside the others as they are"
      ).only(with: "kind", words { $0.searchesTexts }).omittedAtDefault(),
    ]
  }()

  /// Keys that would undo each other.
  public var faults: [KeyFault] {
    var faults: [KeyFault] = []
    if chains, ratio > 1 {
      faults.append(
        KeyFault("chains", "'chains' has one code for each example; take a 'ratio' of at most 1"))
    }
    if variants != nil, climb != nil {
      faults.append(
        KeyFault("climb", "with 'variants' one step in so many searches; take 'climb' away"))
    }
    if chains, climb != nil {
      faults.append(
        KeyFault("climb", "'chains' make a step each time; take either them or 'climb' away"))
    }
    return faults
  }

  /// The kind alone may stand for the map.
  public static let shorthand: String? = "kind"

  /// The name in recipes of a divergence without its constants.
  enum Measure: String, CaseIterable {
    case forwardKL = "kl"
    case reverseKL = "reverse-kl"
    case jensenShannon = "jsd"
    case probabilityL2 = "l2"
  }

  private var measure: Measure {
    get {
      switch divergence {
      case .forwardKL: .forwardKL
      case .reverseKL: .reverseKL
      case .jensenShannon: .jensenShannon
      case .probabilityL2: .probabilityL2
      }
    }
    set {
      divergence =
        switch newValue {
        case .forwardKL: .forwardKL
        case .reverseKL: .reverseKL
        case .jensenShannon: .jensenShannon(beta: 0.5)
        case .probabilityL2: .probabilityL2
        }
    }
  }

  private var beta: Double {
    get { if case .jensenShannon(let beta) = divergence { Double(beta) } else { 0.5 } }
    set { divergence = .jensenShannon(beta: Float(newValue)) }
  }
}

extension Exploration.StepSize: Configurable {
  /// A total displacement of 0.3 times the mean norm of codes.
  public init() { self = .displacement(0.3) }

  /// The keys of `step`, of which a recipe has one.
  public static let keys: [Key<Self>] = .oneOf(
    .number(
      "displacement", \.displacement, .positive(),
      "all steps together, as a share of the mean norm of codes, or of each text's own"),
    .number("normalised", \.normalised, .positive(), "η, along the gradient divided by its norm"),
    .number("plain", \.plain, .positive(), "η, along the gradient as it is"))

  private var displacement: Double? {
    get { if case .displacement(let share) = self { share } else { nil } }
    set { if let newValue { self = .displacement(newValue) } }
  }

  private var normalised: Double? {
    get { if case .normalised(let length) = self { length } else { nil } }
    set { if let newValue { self = .normalised(newValue) } }
  }

  private var plain: Double? {
    get { if case .plain(let length) = self { length } else { nil } }
    set { if let newValue { self = .plain(newValue) } }
  }
}
