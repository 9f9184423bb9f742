import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// A term of a student's objective: a function of its outputs and its teacher's.
///
/// To add one, write a file with a type of this protocol and a line in `LossCatalog`.
public protocol DistillationLoss: Configurable, Explained {
  /// The weight of the loss in the total, ≥ 0.
  var weight: Double { get set }
  /// Whether it compares the student with a teacher; such a loss also applies to explored examples.
  static var needsTeacher: Bool { get }
  /// Whether it needs labels of examples; false by default.
  static var needsLabels: Bool { get }
  /// Whether it compares derivatives of the teacher, which a table of known outputs does not have; false by default.
  static var needsLiveTeacher: Bool { get }
  /// Whether its taps of the teacher are batch norms, whose parameters it reads; false by default.
  static var tapsBatchNorms: Bool { get }
  /// Whether its taps of several teachers are the maps over which the mean is taken that their classifiers read; false
  /// by default.
  static var tapsLastMaps: Bool { get }
  /// Whether it trains a generator rather than a classifier.
  static var trainsGenerator: Bool { get }

  /// What outputs it is of; nil for either, which is what losses are without saying it.
  static var outputs: OutputKind? { get }

  /// The pairs of modules whose features it compares, besides the outputs; none by default.
  var taps: [TapPair] { get }

  /// The paths of the teacher's modules whose results it reads; without saying it, those of `taps`.
  var teacherPaths: Set<String> { get }

  /// The modules of the student whose results it compares with each other; none by default.
  var ownTaps: [OwnTap] { get }

  /// Whether it compares the outputs of student and teacher, so that they must be of the same classes; without
  /// saying it, what needs a teacher and taps no features.
  var comparesOutputs: Bool { get }

  /// The layers of the loss that learn with the student, such as those that map its features to the teacher's shapes,
  /// one per pair of `taps`; none by default.
  ///
  /// - Parameters:
  ///   - student: The shapes of the student's features, batch included, in the order of `taps`.
  ///   - teacher: The shapes of the teacher's features, likewise. Where the loss has `ownTaps`, `student` has the
  ///     shapes of these and then of the output, and `teacher` none; where it compares outputs, `student` has their
  ///     shape, and `teacher` that of its own if they are vectors, else none.
  /// - Throws: `AdapterError` for shapes that cannot be compared.
  func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module]

  /// The layers of the loss where it remembers something of each training example; without saying it, those of
  /// `adapters(_:_:)`.
  ///
  /// - Parameters:
  ///   - student: As above.
  ///   - teacher: As above.
  ///   - count: The number of training examples.
  /// - Throws: `AdapterError` for shapes that cannot be compared.
  func adapters(
    _ student: [Shape], _ teacher: [Shape], remembering count: Int
  ) throws(AdapterError) -> [Module]

  /// The terms that the loss adds to the objective, with names for logs.
  ///
  /// - Parameters:
  ///   - x: The values to compare.
  ///   - name: The name of this loss in the recipe.
  /// - Throws: `GraphError` for shapes that do not fit, `ClassCountError` where the loss needs to know how frequent
  ///   classes are.
  func terms(_ x: Comparison, name: String) throws -> [LossTerm]
}

extension DistillationLoss {
  /// It does not.
  public static var needsLabels: Bool { false }
  /// Known outputs will do.
  public static var needsLiveTeacher: Bool { false }
  /// Any module will do.
  public static var tapsBatchNorms: Bool { false }
  /// Any module will do.
  public static var tapsLastMaps: Bool { false }
  /// False: it trains a classifier.
  public static var trainsGenerator: Bool { false }
  /// Either.
  public static var outputs: OutputKind? { nil }
  /// No features.
  public var taps: [TapPair] { [] }
  /// Those of the pairs.
  public var teacherPaths: Set<String> { Set(taps.map(\.teacher)) }
  /// None.
  public var ownTaps: [OwnTap] { [] }
  /// The paths of all modules of the student whose results it compares.
  package var studentPaths: Set<String> {
    Set(taps.map(\.student) + ownTaps.map(\.module)).subtracting([""])
  }
  /// What needs a teacher and taps no features.
  public var comparesOutputs: Bool { Self.needsTeacher && taps.isEmpty }
  /// No adapters.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    []
  }
  /// Those that remember nothing.
  public func adapters(
    _ student: [Shape], _ teacher: [Shape], remembering count: Int
  ) throws(AdapterError) -> [Module] {
    try adapters(student, teacher)
  }
}

extension Key where Root: DistillationLoss {
  /// The key of the weight, which all losses have.
  public static var weight: Key<Root> {
    .number("weight", \.weight, .notNegative(), "what multiplies the loss in the sum")
  }
}

/// The values that a loss compares.
public struct Comparison {
  /// The inputs of the step under construction.
  public let inputs: StepInputs
  /// The learner's forward pass.
  public let context: ForwardContext
  /// The model that is trained.
  public let learner: Module
  /// The examples.
  public let examples: Example
  /// The learner's outputs `[batch, classes]`, or vectors `[texts, width]`, and features, into which gradients flow; nil for a generator.
  public let student: Taps?
  /// The teacher's outputs and features, which are constants; nil without a teacher.
  public var teacher: Taps?
  /// What each of several teachers says, where they are weighed for each example; empty where they answer as one.
  public var opinions: [Opinion] = []
  /// The labels of the examples, int32 `[batch]`; nil for unlabelled examples.
  public let labels: Tensor?
  /// The adapters of the loss, in the order in which it made them; empty if it has none.
  public var adapters: [Module] = []

  /// Values to compare, with the adapters of one loss.
  public init(
    inputs: StepInputs, context: ForwardContext, learner: Module, examples: Example,
    student: Taps?, teacher: Taps?, labels: Tensor?, adapters: [Module] = []
  ) {
    (self.inputs, self.context, self.learner) = (inputs, context, learner)
    (self.examples, self.student, self.teacher) = (examples, student, teacher)
    (self.labels, self.adapters) = (labels, adapters)
  }
}

extension CatalogEntry where Element == any DistillationLoss {
  /// The entry of the loss `type`.
  public init<Loss: DistillationLoss>(_ type: Loss.Type) {
    self.init(type, wrap: { $0 })
  }
}

/// Every loss that a recipe can name.
public enum LossCatalog {
  /// One entry per loss.
  public static let all: Catalog<any DistillationLoss> = [
    CatalogEntry(CrossEntropyLoss.self),
    CatalogEntry(SoftTargetLoss.self),
    CatalogEntry(SoftCrossEntropyLoss.self),
    CatalogEntry(ReverseDivergenceLoss.self),
    CatalogEntry(JensenShannonLoss.self),
    CatalogEntry(LogitLoss.self),
    CatalogEntry(DecoupledLoss.self),
    CatalogEntry(CorrelationOfClassesLoss.self),
    CatalogEntry(StandardizedLoss.self),
    CatalogEntry(HardLabelLoss.self),
    CatalogEntry(TopClassesLoss.self),
    CatalogEntry(SigmoidLoss.self),
    CatalogEntry(LearnedTemperatureLoss.self),
    CatalogEntry(TeacherFreeLoss.self),
    CatalogEntry(LogitAdjustedLoss.self),
    CatalogEntry(ClassBalancedLoss.self),
    CatalogEntry(MarginLoss.self),
    CatalogEntry(HintLoss.self),
    CatalogEntry(ConfidentHintLoss.self),
    CatalogEntry(AttentionTransferLoss.self),
    CatalogEntry(OverhaulLoss.self),
    CatalogEntry(VariationalInformationLoss.self),
    CatalogEntry(FactorTransferLoss.self),
    CatalogEntry(SelectivityLoss.self),
    CatalogEntry(ActivationBoundaryLoss.self),
    CatalogEntry(ReviewLoss.self),
    CatalogEntry(ContrastiveRepresentationLoss.self),
    CatalogEntry(JacobianLoss.self),
    CatalogEntry(FlowLoss.self),
    CatalogEntry(SingularVectorLoss.self),
    CatalogEntry(GraphAttentionLoss.self),
    CatalogEntry(RelationLoss.self),
    CatalogEntry(SimilarityLoss.self),
    CatalogEntry(CorrelationLoss.self),
    CatalogEntry(ProbabilisticLoss.self),
    CatalogEntry(InstanceGraphLoss.self),
    CatalogEntry(ChannelCorrelationLoss.self),
    CatalogEntry(AffinityLoss.self),
    CatalogEntry(DissimilarityLoss.self),
    CatalogEntry(EmbeddingLoss.self),
    CatalogEntry(ContrastiveLoss.self),
    CatalogEntry(RetrievalLoss.self),
    CatalogEntry(TokenCosineLoss.self),
    CatalogEntry(AttentionScoreLoss.self),
    CatalogEntry(AttentionDistributionLoss.self),
    CatalogEntry(SelfRelationLoss.self),
    CatalogEntry(ExitsLoss.self),
    CatalogEntry(NativeEnsembleLoss.self),
    CatalogEntry(SelfAttentionLoss.self),
    CatalogEntry(VariationalLoss.self),
    CatalogEntry(VectorQuantizationLoss.self),
    CatalogEntry(DenoisingLoss.self),
  ]
}
