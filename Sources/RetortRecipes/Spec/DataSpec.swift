import RetortData
import RetortSchema

/// Which examples a stage learns from.
public struct DataSpec: Sendable {
  /// How few, and of which classes.
  public enum Selection: Equatable, Sendable {
    /// The whole training set.
    case all
    /// So many labelled examples, as evenly over classes as possible.
    case labelled(Int)
    /// Counts that fall exponentially from class to class; the largest over the smallest.
    case longTail(imbalance: Double)
    /// Half of the classes whole, half reduced by this factor.
    case stepImbalance(Double)
  }

  /// The dataset.
  public var source: any NamedDataset = FashionMNIST()
  /// The part that is used.
  public var selection: Selection = .all
  /// What the selection depends on; nil for the recipe's seed.
  public var seed: UInt64?
  /// Training examples held out for validation.
  public var validation = 0

  /// All of Fashion-MNIST.
  public init() {}
}

extension DataSpec: Configurable {
  /// The keys of `data`.
  public static let keys: [Key<DataSpec>] =
    [.kind("name", \.source, of: DatasetCatalog.all, "the dataset")]
    + .oneOf(
      .int(
        "labelled", \.labelled, 1...10_000_000,
        "so many examples, as evenly over classes as possible"
      ).alias("labeled"),
      .map("long-tail", \.longTail, "class sizes that fall exponentially"),
      .number(
        "step-imbalance", \.stepImbalance, .atLeastOne(),
        "by how much every second half of the classes is reduced"))
    + [
      .int(
        "validation", \.validation, 0...10_000_000,
        "training examples held out for validation, of each class in proportion"),
      .seed("seed", \.seed, "what the choice of examples depends on, if not the recipe's seed")
        .only(
          where: { $0.selection != .all || $0.validation > 0 }, not: "the whole training set",
          but: ["labelled", "long-tail", "step-imbalance", "validation"]),
    ]

  /// The name may stand alone.
  public static let shorthand: String? = "name"

  /// Whether both are the same choice of the same examples.
  public static func == (a: DataSpec, b: DataSpec) -> Bool { a.entries == b.entries }

  /// What recipes call the dataset.
  public var name: String { type(of: source).explanation.name }

  /// The map under `long-tail`.
  struct LongTail: Configurable {
    var imbalance = 1.0

    static let keys: [Key<LongTail>] = [
      .number("imbalance", \.imbalance, .atLeastOne(), "the largest class over the smallest")
        .required()
    ]
    static let shorthand: String? = "imbalance"
  }

  private var labelled: Int? {
    get { if case .labelled(let count) = selection { count } else { nil } }
    set { if let newValue { selection = .labelled(newValue) } }
  }

  private var longTail: LongTail? {
    get { if case .longTail(let value) = selection { LongTail(imbalance: value) } else { nil } }
    set { if let newValue { selection = .longTail(imbalance: newValue.imbalance) } }
  }

  private var stepImbalance: Double? {
    get { if case .stepImbalance(let factor) = selection { factor } else { nil } }
    set { if let newValue { selection = .stepImbalance(newValue) } }
  }
}
