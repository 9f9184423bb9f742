import RetortCore

/// The search for new training examples from real ones: teacher guided training and its controls.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825, sections 3 and 4.
public struct Exploration: Hashable, Sendable {
  /// Which texts of pairs are new.
  public enum Texts: String, CaseIterable, Hashable, Sendable {
    /// Queries and documents.
    case both
    /// Queries, beside the documents that are there.
    case queries
    /// Documents, beside the queries that are there.
    case documents

    /// The place in a pair of what is new; nil for both.
    var place: Int? {
      switch self {
      case .both: nil
      case .queries: 0
      case .documents: 1
      }
    }
  }

  /// The origin of the generated examples.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// `Dec(Enc(x) + ν)` with ν normal: the random search (equation 4).
    case zero
    /// From the random search's start, ascent of the divergence along its latent gradient (equation 5).
    case first
    /// `Dec(Enc(x))`: the effect of the generator alone.
    case reconstruction
    /// `Dec(ν)` with ν standard normal: without real examples.
    case samples
    /// `x + ν` in pixels: without a generator.
    case pixelNoise = "pixel-noise"
    /// Ascent of the divergence along its gradient with respect to pixels.
    case pixelGradient = "pixel-gradient"
    /// `a·x + (1-a)·x'` with a uniform, labelled by the teacher. Source: Zhang et al. 2018.
    case mixup

    /// Whether it uses the generator's decoder.
    public var needsGenerator: Bool {
      switch self {
      case .zero, .first, .reconstruction, .samples: true
      case .pixelNoise, .pixelGradient, .mixup: false
      }
    }

    /// Whether it uses the generator's encoder.
    public var needsEncoder: Bool { needsGenerator && self != .samples }

    /// Whether it makes texts too, of which there is no distribution of codes.
    public var searchesTexts: Bool { self == .zero || self == .first || self == .reconstruction }

    /// Whether it uses gradients through teacher and student.
    public var usesGradient: Bool { self == .first || self == .pixelGradient }
  }

  /// The length of each step of the ascent.
  public enum StepSize: Hashable, Sendable {
    /// `z + η·g`.
    case plain(Double)
    /// `z + η·g/‖g‖`.
    case normalised(Double)
    /// Normalised steps with a total length of this share of the mean norm of latent codes (in pixels and of texts, of
    /// the example's own norm).
    case displacement(Double)
  }

  /// The batch norm statistics for real and generated examples in the student's forward pass.
  public enum Statistics: String, CaseIterable, Hashable, Sendable {
    /// Two forward passes, each normalised by the statistics of its own examples.
    case separate
    /// One forward pass over both, with joint statistics.
    case joint
  }

  /// The origin of the generated examples.
  public var kind: Kind
  /// K, the number of ascent steps, ≥ 0; first order and pixel gradient only.
  public var steps: Int = 2
  /// The length of each ascent step.
  public var step: StepSize = .displacement(0.3)
  /// Whether steps are made in standard deviations of each coordinate of the codes; first order of pictures only.
  public var whitened = false
  /// σ, the deviation of the noise, ≥ 0: in standard deviations of each latent coordinate over the training
  /// examples, or in pixel units for pixel noise.
  public var noise: Double = 1
  /// The divergence that the ascent increases.
  public var divergence: Divergence = .forwardKL
  /// The temperature of the divergence, > 0.
  public var temperature: Double = 1
  /// Whether codes are clamped to the range of the training examples' codes, per coordinate.
  public var box = false
  /// Whether a search starts on the way from one example's code to another's, at a share uniform in [0, 1].
  public var between = false
  /// The choice of each start among several; nil for the first that is drawn.
  public var proposals: Proposals?
  /// Whether the steps of an ascent are made one at each time that an example is met, instead of all at once.
  public var chains = false
  /// When an ascent is made; nil for each step of the training.
  public var climb: Climb?
  /// The pool of earlier finds that are learnt from again; nil for none.
  public var replay: Replay?
  /// The variants of texts that are kept; nil where each step decodes its new texts.
  public var variants: Variants?
  /// The number of generated examples per real one, > 0.
  public var ratio: Double = 1
  /// The factor of the distillation loss on generated examples, ≥ 0.
  public var weight: Double = 1
  /// The batch norm statistics for real and generated examples.
  public var statistics: Statistics = .separate
  /// The share of a text's tokens that are hidden before it is encoded, in [0, 1].
  public var masked: Double = 0
  /// The temperature at which tokens of texts are drawn, ≥ 0; 0 for the likeliest ones.
  public var sampling: Double = 0
  /// Which texts of pairs are new; of texts that are no pairs all are.
  public var texts = Texts.both

  /// An exploration with the defaults of the given kind.
  public init(_ kind: Kind) { self.kind = kind }

  /// The number of generated examples for `batch` real ones, at least one.
  public func generatedCount(batch: Int) -> Int {
    max(1, Int((Double(batch) * ratio).rounded()))
  }

  /// The number of teacher evaluations on generated examples in one step that searches.
  public func teacherEvaluations(batch: Int) -> Int {
    let proposed = proposals.map { $0.value.asksTeacher ? $0.count : 0 } ?? 0
    let climbed = kind.usesGradient && !chains ? steps : 0
    return generatedCount(batch: batch) * (1 + proposed + climbed)
  }

  /// Whether what it finds depends on the student, or is kept with it.
  public var followsStudent: Bool {
    kind.usesGradient || proposals != nil || replay != nil || variants != nil
  }
}

/// Steps of two forms: in some the search does all it does, and the others are a cheaper plan.
extension Exploration {
  /// The form of steps whose search rests: it does not climb, or variants are learnt from.
  static let restingForm = 1

  /// How many forms its steps have.
  var forms: Int { climb == nil && variants == nil ? 1 : 2 }

  /// Which form a step takes, counted from 0, of `steps`.
  func form(of step: Int, in steps: Int) -> Int {
    let searches = climb?.climbs(step, of: steps) ?? variants?.decodes(step) ?? true
    return searches ? 0 : Self.restingForm
  }

  /// How many of the first `count` steps of `steps` have a search that does not rest.
  public func searches(of count: Int, in steps: Int) -> Int {
    climb?.count(of: count, in: steps) ?? variants?.decodingSteps(of: count) ?? count
  }

  /// The same search where it does not climb.
  public var resting: Exploration {
    var exploration = self
    exploration.steps = 0
    return exploration
  }
}
