/// One unit of work of a plan; a backend lowers it to one or a few kernel launches.
///
/// `inputs` and `outputs` index the plan's values. Where a kind carries an epilogue or prologue,
/// the operands of that program follow the kind's own inputs, in order.
package struct Step: Sendable {
  package var kind: StepKind
  package var inputs: [Int]
  package var outputs: [Int]
  /// The path of the module that the step comes from, for messages and profiles.
  package var label: String
}

package enum StepKind: Sendable {
  /// Inputs: the program's operands. Outputs: its results, each of which may be a part of a value.
  case pointwise(PointwiseProgram)
  /// Inputs: the prologue's operands. Outputs: one per result of the prologue.
  case reduce(Reduction)
  /// Inputs: x. Output: `[3, …]`: mean, biased variance, 1/√(variance + ε).
  case moments(MomentsAxis, rows: Int, columns: Int, epsilon: Float)
  /// Inputs: a, b, then the epilogue's operands. Outputs: the epilogue's results.
  case matmul(MatmulStep)
  /// Inputs: forward x, w; input gradient g, w; weight gradient x, g; then the epilogue's operands,
  /// then the prologues'.
  case convolution(ConvolutionStep)
  /// Inputs: see `PoolingStep.Kind`. Output: one.
  case pooling(PoolingStep)
  /// Inputs: table, ids. Output: rows.
  case gather(rows: Int, columns: Int, count: Int)
  /// Inputs: ids, g. Output: table.
  case scatterAdd(rows: Int, columns: Int, count: Int)
  /// Inputs: x. Output: int32, one per row.
  case argmax(rows: Int, columns: Int)
  /// Inputs: x, or y and g for the backward forms. Output: one.
  case softmax(SoftmaxKind, rows: Int, columns: Int)
  /// Inputs: logits, labels, then upstream rows if `gradient`. Outputs: those present, in order.
  case crossEntropy(smoothing: Float, rows: Int, columns: Int, loss: Bool, gradient: Bool)
  /// Inputs: student, teacher, then upstream rows if either gradient. Outputs: those present.
  case divergence(DivergenceStep)
  /// Inputs: state int32 [3]. Output: one.
  case random(RandomDistribution, stream: UInt32, count: Int)
  /// Inputs: uint8 images, int32 moves, table. Output: one.
  case augment(AugmentStep)
  /// Inputs: z, g, size ([1] or [rows]). Output: one.
  case latentStep(LatentStepRule, rows: Int, columns: Int, sizePerRow: Bool)
  /// Inputs: gradient (flat), learning rate [1], step int32 [1], then the update's extras: the
  /// gradient's norm [1], the scaling [2], the momentum [1], which parameters decay (flat). Outputs:
  /// parameters, the rule's state, the average; all updated in place.
  case optimizer(OptimizerUpdate, count: Int)
}

package struct Reduction: Sendable {
  /// The program over the full iteration space whose `results` are reduced.
  package var prologue: PointwiseProgram
  /// The operation of each result.
  package var operations: [ReduceOp]
  /// The iteration space seen as `[outer, reduced, inner]`; outputs are dense `[outer, inner]`.
  package var outer: Int
  package var reduced: Int
  package var inner: Int

  package init(
    prologue: PointwiseProgram, operations: [ReduceOp], outer: Int, reduced: Int, inner: Int
  ) {
    (self.prologue, self.operations) = (prologue, operations)
    (self.outer, self.reduced, self.inner) = (outer, reduced, inner)
  }
}

package struct MatmulStep: Sendable {
  package var batch: Int
  package var m: Int
  package var n: Int
  package var k: Int
  package var transposeA: Bool
  package var transposeB: Bool
  /// The program over `[batch·m, n]` that stores the product, its `accumulator`.
  package var epilogue: PointwiseProgram

  package init(
    batch: Int, m: Int, n: Int, k: Int, transposeA: Bool, transposeB: Bool,
    epilogue: PointwiseProgram
  ) {
    (self.batch, self.m, self.n, self.k) = (batch, m, n, k)
    (self.transposeA, self.transposeB) = (transposeA, transposeB)
    self.epilogue = epilogue
  }
}

package struct ConvolutionStep: Sendable {
  package enum Direction: UInt8, Sendable { case forward, inputGradient, weightGradient }
  package var direction: Direction
  package var geometry: Convolution
  /// The forward convolution's shapes, whatever the direction.
  package var input: Shape
  package var weight: Shape
  package var output: Shape
  /// The program that stores the result.
  ///
  /// Its shape is `[batch·outHeight·outWidth, out]` forward, `[batch·height·width, in]` for the input
  /// gradient, and `[out, kh·kw·in/groups]` for the weight gradient, which is always the plain store.
  package var epilogue: PointwiseProgram
  /// The programs applied to the first two inputs as they are loaded; nil for an input used as it is.
  ///
  /// A program over the input's shape with one float32 result. Its operands have that shape too, one element
  /// per channel, or one element; the first of that shape is the step's own input. Weights have no prologue,
  /// and neither have convolutions with one input channel per group.
  package var prologues: (PointwiseProgram?, PointwiseProgram?) = (nil, nil)
}

extension ConvolutionStep {
  /// The prologues that are present, each with the index of its input.
  package var fusedPrologues: [(input: Int, program: PointwiseProgram)] {
    [prologues.0, prologues.1].enumerated().compactMap { index, program in
      program.map { (index, $0) }
    }
  }
}

package struct PoolingStep: Sendable {
  package enum Kind: UInt8, Sendable {
    /// x → y.
    case maximum
    /// x, g → dx.
    case maximumBackward
    /// x, v → v at each window's first maximum.
    case maximumSelect
    /// x → y.
    case average
    /// g → dx.
    case averageBackward
  }
  package var kind: Kind
  package var pooling: Pooling
  /// The forward pooling's shapes, whatever the kind.
  package var input: Shape
  package var output: Shape
}

package struct AugmentStep: Sendable {
  /// `[batch, height, width, channels]`.
  package var images: Shape
  package var padding: ImagePadding
  package var cutout: Int
}

package enum SoftmaxKind: UInt8, Sendable {
  case softmax, logSoftmax, softmaxBackward, logSoftmaxBackward
}

package struct DivergenceStep: Sendable {
  package var distance: RowDistance
  package var rows: Int
  package var columns: Int
  package var loss: Bool
  package var studentGradient: Bool
  package var teacherGradient: Bool
}
