/// Element-wise functions of one operand.
public enum UnaryOp: UInt8, Sendable, Hashable, CaseIterable {
  case negate, absolute, exp, expm1, log, log1p, sqrt, rsqrt, reciprocal, square
  case tanh, sigmoid, erf, relu, sign, floor, sin, cos
  /// `1` where the operand is greater than zero, else `0`.
  case isPositive
  /// int32 to float32.
  case toFloat
}

/// Element-wise functions of two operands of equal shape.
public enum BinaryOp: UInt8, Sendable, Hashable, CaseIterable {
  case add, subtract, multiply, divide, maximum, minimum, power
  /// `1` where the comparison holds, else `0`.
  case greater, greaterOrEqual, equal
}

/// The operation that a reduction applies along its axes.
public enum ReduceOp: UInt8, Sendable, Hashable, CaseIterable {
  case sum, maximum, minimum
}

/// The distribution of random elements.
public enum RandomDistribution: UInt8, Sendable, Hashable {
  /// Uniform in [0, 1).
  case uniform
  /// Normal with mean 0 and variance 1.
  case normal
}

/// A measure of disagreement between two rows of logits, in nats (or squared probability).
public enum Divergence: Sendable, Hashable {
  /// `KL(teacher ‖ student)`.
  case forwardKL
  /// `KL(student ‖ teacher)`.
  case reverseKL
  /// `β·KL(teacher ‖ m) + (1-β)·KL(student ‖ m)`, `m = β·teacher + (1-β)·student`.
  case jensenShannon(beta: Float)
  /// `Σ (teacher - student)²` of probabilities.
  case probabilityL2
}

/// How far two rows, of a student and a teacher, are apart.
package enum RowDistance: Sendable, Hashable {
  /// The divergence of logits over a temperature.
  case logits(Divergence, temperature: Float)
  /// `‖t/‖t‖₂ − s/‖s‖₂‖₂²` of vectors s and t: see `Tensor.unit`.
  case direction
  /// `1 − ⟨s, t⟩ / (‖s‖₂·‖t‖₂)` of vectors s and t, whose lengths count as `floor` at least.
  case cosine(floor: Float)
}

/// The logits with respect to which a divergence is differentiated.
public enum DivergenceSide: UInt8, Sendable, Hashable { case student, teacher }

/// The geometry of a two-dimensional convolution over NHWC images.
public struct Convolution: Sendable, Hashable {
  /// Vertical and horizontal steps, ≥ 1.
  public var strideY = 1, strideX = 1
  /// Zero padding on each side, ≥ 0.
  public var padTop = 0, padLeft = 0, padBottom = 0, padRight = 0
  /// Distances between taps, ≥ 1.
  public var dilationY = 1, dilationX = 1
  /// The number of groups; divides the input and output channels.
  public var groups = 1

  /// A convolution of equal stride, padding and dilation on both axes.
  public init(stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1) {
    (strideY, strideX) = (stride, stride)
    (padTop, padLeft, padBottom, padRight) = (padding, padding, padding, padding)
    (dilationY, dilationX) = (dilation, dilation)
    self.groups = groups
  }
}

/// The geometry of a two-dimensional pooling window over NHWC images.
public struct Pooling: Sendable, Hashable {
  /// Window extents, ≥ 1.
  public var height: Int, width: Int
  /// Vertical and horizontal steps, ≥ 1.
  public var strideY: Int, strideX: Int
  /// Padding on each side, at most half the window.
  public var padTop = 0, padLeft = 0, padBottom = 0, padRight = 0
  /// Whether an average counts padded positions.
  public var countsPadding = true

  /// A square window; the stride is the window when not given.
  public init(window: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true) {
    (height, width) = (window, window)
    (strideY, strideX) = (stride ?? window, stride ?? window)
    (padTop, padLeft, padBottom, padRight) = (padding, padding, padding, padding)
    self.countsPadding = countsPadding
  }
}

/// The step of a latent code z along the gradient g of the divergence.
public enum LatentStepRule: Sendable, Hashable {
  /// `z + size·g`.
  case plain
  /// `z + size·g / (‖g‖₂ + 1e-12)`, per example.
  case normalised
}

/// The operation of a graph node.
///
/// Derivatives are written in the same operations (`Derivatives/`), so that second derivatives
/// exist wherever the first are built of differentiable ones.
package enum Op: Hashable, Sendable {
  // Sources
  case input(Int32)
  /// `phase`: the first phase that reads this value; see `Graph.endPhase`.
  case variable(Int32, offset: Int, phase: Int32)
  case constant(Int32)
  case fill(Double)
  case random(RandomDistribution, stream: UInt32)  // state [3] int32
  case poison
  // Element-wise
  case unary(UnaryOp)
  case binary(BinaryOp)
  case select  // condition ≠ 0, then, else
  // Views and rearrangement
  case reshape
  case transpose(SIMD8<Int8>)
  case slice(starts: SIMD8<Int32>)
  case broadcast
  case stopGradient
  case concatenate(axis: Int8)
  case pad(low: SIMD8<Int32>)
  case pack(Int32)  // any number of tensors into one flat buffer; offsets in graph.packs
  // Contractions
  case matmul(transposeA: Bool, transposeB: Bool)
  case convolution(Convolution)  // x, w
  case convolutionInputGradient(Convolution)  // g, w
  case convolutionWeightGradient(Convolution)  // x, g
  // Reductions
  case reduce(ReduceOp, axes: UInt8)  // bit mask; kept as extents of 1
  // → [3, …]: mean, biased variance, 1/sqrt(variance + ε)
  case moments(MomentsAxis, epsilon: Float)
  case argmax  // last axis → int32
  // Normalisation: x, mean, rstd, gamma, beta; the derivative by x flows through the statistics
  case normalize(MomentsAxis, trainsStatistics: Bool)
  // Pooling
  case maxPool(Pooling)
  case maxPoolBackward(Pooling)  // x, g → dx
  case maxPoolSelect(Pooling)  // x, v → v at each window's first maximum
  case averagePool(Pooling)
  case averagePoolBackward(Pooling)  // g → dx
  // Indexing
  case gather  // table [V, …], ids → [ids…, …]
  case scatterAdd  // ids, g → [V, …]
  // Rows of logits, or of other vectors
  case softmax
  case logSoftmax
  case softmaxBackward  // y, g
  case logSoftmaxBackward  // y, g
  case crossEntropy(smoothing: Float)  // logits, labels → rows
  case crossEntropyGradient(smoothing: Float)  // logits, labels, upstream rows
  case divergence(RowDistance)  // student, teacher → rows
  case divergenceGradient(RowDistance, DivergenceSide)  // …, upstream rows
  // Augmentation: uint8 images, moves, table
  case augment(ImagePadding, cutout: Int32)
  // Exploration
  case latentStep(LatentStepRule)  // z, g, size (scalar or one per row)
}

/// The elements that share one mean and variance.
package enum MomentsAxis: UInt8, Hashable, Sendable {
  /// One per channel, over every axis but the last (batch norm).
  case channels
  /// One per row, over the last axis (layer norm).
  case rows
}

extension Op {
  /// Whether operands may be uint8.
  package var readsBytes: Bool { if case .augment = self { true } else { false } }
}
