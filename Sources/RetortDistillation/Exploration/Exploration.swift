import RetortCore

/// How new examples are sought from real ones: teacher guided training and its controls.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825, sections 3 and 4.
public struct Exploration: Hashable, Sendable {
  /// Where the examples come from.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// `Dec(Enc(x) + ν)`, ν normal: the random search (equation 4).
    case zero
    /// From there, ascent of the divergence along its latent gradient (equation 5).
    case first
    /// `Dec(Enc(x))`: what the generator alone changes.
    case reconstruction
    /// `Dec(ν)`, ν standard normal: no real example is involved.
    case samples
    /// `x + ν` in pixels: no generator is involved.
    case pixelNoise = "pixel-noise"
    /// Ascent of the divergence along its gradient by pixels.
    case pixelGradient = "pixel-gradient"
    /// `a·x + (1-a)·x'` with a uniform: Zhang et al. 2018, teacher-labelled.
    case mixup

    /// Whether decoding is part of it.
    public var needsGenerator: Bool {
      switch self {
      case .zero, .first, .reconstruction, .samples: true
      case .pixelNoise, .pixelGradient, .mixup: false
      }
    }

    /// Whether encoding is part of it too.
    public var needsEncoder: Bool { needsGenerator && self != .samples }

    /// Whether the search follows gradients through teacher and student.
    public var usesGradient: Bool { self == .first || self == .pixelGradient }
  }

  /// The length of each step of the ascent.
  public enum StepSize: Hashable, Sendable {
    /// `z + η·g`.
    case plain(Double)
    /// `z + η·g/‖g‖`.
    case normalised(Double)
    /// Normalised steps that together move by this share of the mean norm of latent codes
    /// (of the example's own norm in pixels).
    case displacement(Double)
  }

  /// How real and generated examples meet in the student's batch norms.
  public enum Statistics: String, CaseIterable, Hashable, Sendable {
    /// Two forward passes, each normalised by its own examples.
    case separate
    /// One forward pass over both.
    case joint
  }

  /// Where the examples come from.
  public var kind: Kind
  /// K, the number of ascent steps, ≥ 0; first order and pixel gradient only.
  public var steps: Int = 2
  /// How far each goes.
  public var step: StepSize = .displacement(0.3)
  /// σ, in standard deviations of each latent coordinate over the training examples; in pixel
  /// units for pixel noise; ≥ 0.
  public var noise: Double = 1
  /// What the ascent increases.
  public var divergence: Divergence = .forwardKL
  /// The temperature of that divergence, > 0.
  public var temperature: Double = 1
  /// Whether codes are kept within the range of the training examples' codes, per coordinate.
  public var box = false
  /// Generated examples per real one, > 0.
  public var ratio: Double = 1
  /// What multiplies the distillation loss on generated examples.
  public var weight: Double = 1
  /// How real and generated examples meet in batch norm.
  public var statistics: Statistics = .separate

  /// An exploration with the defaults of the given kind.
  public init(_ kind: Kind) { self.kind = kind }

  /// The number of generated examples beside `batch` real ones, at least one.
  public func generatedCount(batch: Int) -> Int {
    max(1, Int((Double(batch) * ratio).rounded()))
  }

  /// Teacher evaluations that one step spends on generated examples.
  public func teacherEvaluations(batch: Int) -> Int {
    generatedCount(batch: batch) * (1 + (kind.usesGradient ? steps : 0))
  }
}
