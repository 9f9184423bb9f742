import RetortNN
import RetortTraining

/// Who takes part in a step, by what they do in it, and what is minimised.
public struct Cast {
  /// What a model does in a step.
  public enum Role: String, CaseIterable, Sendable {
    /// Learns to classify, from labels and from others.
    case student
    /// Makes examples of codes.
    case generator
    /// Says what examples are; the student of its stage where it is trained alone.
    case teacher
    /// Tells examples of the data from those that the generator makes.
    case discriminator
  }

  /// The classifiers that learn, in order, each of its own name.
  public var students: [ParameterStore]
  /// Labels examples.
  public var teacher: (any Labeler)?
  /// Makes examples of codes.
  public var generator: ParameterStore?
  /// Tells examples of the data from those that the generator makes.
  public var discriminator: ParameterStore?
  /// What is minimised, in order.
  public var losses: [NamedLoss]
  /// The search, if any.
  public var explorer: Explorer?
  /// The latent codes of the training examples; nil if the encoder computes them in each step.
  public var codes: CodeTable?
  /// The number of steps of the whole training, ≥ 1.
  public var steps: Int
  /// The number of steps in which the examples are passed over once, ≥ 1.
  public var stepsPerEpoch: Int

  /// The given models and losses.
  public init(
    students: [ParameterStore] = [], teacher: (any Labeler)? = nil,
    generator: ParameterStore? = nil, discriminator: ParameterStore? = nil,
    losses: [NamedLoss] = [], explorer: Explorer? = nil, codes: CodeTable? = nil, steps: Int = 1,
    stepsPerEpoch: Int = 1
  ) {
    (self.steps, self.stepsPerEpoch) = (steps, stepsPerEpoch)
    (self.students, self.teacher, self.losses) = (students, teacher, losses)
    (self.generator, self.discriminator) = (generator, discriminator)
    (self.explorer, self.codes) = (explorer, codes)
  }
}

extension Cast {
  /// Copies of the students' weights, in their order, renewed every `interval` steps; 0 for a pass over the examples.
  func pasts(every interval: Int) -> [PastWeights] {
    students.map { PastWeights(of: $0, every: interval > 0 ? interval : stepsPerEpoch) }
  }
}

/// What a recipe says of a stage's cast, before there are models.
public struct CastPlan: Sendable {
  /// How many students there are; one where a teacher is trained alone.
  public var students: Int
  /// Whether there is a generator, and whether it encodes too; nil for none.
  public var encodes: Bool?
  /// Whether the generator that learns has a codebook.
  public var quantizes: Bool
  /// Whether there is a discriminator.
  public var hasDiscriminator: Bool
  /// Whether the discriminator judges examples together with their codes.
  public var judgesPairs: Bool
  /// The numbers of one code that generator and discriminator have, where they are known.
  public var codeSizes: [Int]
  /// What is minimised, in order.
  public var losses: [NamedLoss]
  /// How new examples are sought, if they are.
  public var exploration: Exploration?
  /// What its classifiers give.
  public var outputs: OutputKind
  /// Whether examples have labels.
  public var isLabelled: Bool
  /// Whether examples are texts.
  public var readsTexts: Bool
  /// Whether examples are augmented.
  public var isAugmented: Bool

  /// The given cast.
  public init(
    students: Int = 0, encodes: Bool? = nil, quantizes: Bool = false,
    hasDiscriminator: Bool = false,
    judgesPairs: Bool = false, codeSizes: [Int] = [], losses: [NamedLoss] = [],
    exploration: Exploration? = nil, outputs: OutputKind = .logits,
    isLabelled: Bool = true, readsTexts: Bool = false, isAugmented: Bool = false
  ) {
    (self.outputs, self.isLabelled, self.readsTexts) = (outputs, isLabelled, readsTexts)
    (self.isAugmented, self.quantizes) = (isAugmented, quantizes)
    (self.students, self.encodes, self.losses) = (students, encodes, losses)
    (self.hasDiscriminator, self.exploration) = (hasDiscriminator, exploration)
    (self.judgesPairs, self.codeSizes) = (judgesPairs, codeSizes)
  }
}
