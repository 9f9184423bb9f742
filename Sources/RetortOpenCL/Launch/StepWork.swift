import RetortCore

/// The arithmetic that a step asks for and the traffic that it cannot do without.
///
/// Both follow from the step alone, whatever kernels run it: rates in profiles are rates of these.
package struct StepWork: Hashable, Sendable {
  /// Floating-point operations: two for a multiply-add, one for any element-wise function.
  ///
  /// Convolutions count the taps that fall on padding, as is the custom.
  package var operations: Int
  /// Bytes of global memory: each operand read once, each result written once.
  package var bytes: Int

  /// Given amounts.
  package init(operations: Int = 0, bytes: Int = 0) {
    (self.operations, self.bytes) = (operations, bytes)
  }

  /// The work of one step of `plan`.
  package init(_ step: Step, of plan: Plan) {
    operations = step.kind.operations
    bytes = step.traffic(in: plan)
  }

  /// The work of two together.
  package static func + (a: StepWork, b: StepWork) -> StepWork {
    StepWork(operations: a.operations + b.operations, bytes: a.bytes + b.bytes)
  }
}

extension StepKind {
  fileprivate var operations: Int {
    switch self {
    case .pointwise(let program): program.arithmetic
    case .reduce(let reduction):
      reduction.prologue.arithmetic + reduction.operations.count * reduction.prologue.shape.count
    // The sum, and the sum of squared differences.
    case .moments(_, let rows, let columns, _): 4 * rows * columns
    case .matmul(let m): 2 * m.batch * m.m * m.n * m.k + m.epilogue.arithmetic
    case .convolution(let c):
      2 * c.multiplyAdds
        + c.fusedPrologues.reduce(c.epilogue.arithmetic) { $0 + $1.program.arithmetic }
    case .pooling(let p): p.pooling.height * p.pooling.width * p.output.count
    case .gather, .augment: 0
    case .scatterAdd(_, let columns, let count): count * columns
    case .argmax(let rows, let columns): rows * columns
    case .softmax(let kind, let rows, let columns): kind.operations * rows * columns
    case .crossEntropy(_, let rows, let columns, _, let gradient):
      (RowWork.logNormaliser + (gradient ? 3 : 0)) * rows * columns
    case .divergence(let d): d.operations * d.rows * d.columns
    // The generator is integer arithmetic; what follows turns its bits into a number.
    case .random(let distribution, _, let count): (distribution == .normal ? 6 : 2) * count
    case .latentStep(let rule, let rows, let columns, _):
      (rule == .normalised ? 4 : 2) * rows * columns
    case .optimizer(let update, let count): update.operations * count
    }
  }
}

/// Operations per element that losses over rows of logits share.
private enum RowWork {
  /// Maximum, difference to it, exponential, sum.
  static let logNormaliser = 4
}

extension PointwiseProgram {
  /// Operations over the whole iteration space.
  fileprivate var arithmetic: Int {
    shape.count
      * instructions.count {
        switch $0 {
        case .load, .accumulator, .constant: false
        case .unary, .binary, .select: true
        }
      }
  }

  /// The elements that `access` touches, if none twice.
  fileprivate func touched(_ access: Access) -> Int {
    (0..<shape.rank).reduce(1) { $0 * (access.strides[$1] == 0 ? min(1, shape[$1]) : shape[$1]) }
  }
}

extension ConvolutionStep {
  /// Multiply-adds, in any direction.
  fileprivate var multiplyAdds: Int { output.count * weight[1] * weight[2] * weight[3] }
}

extension SoftmaxKind {
  /// Operations per element.
  fileprivate var operations: Int {
    switch self {
    case .softmax, .logSoftmax: RowWork.logNormaliser + 1
    case .softmaxBackward, .logSoftmaxBackward: 4
    }
  }
}

extension DivergenceStep {
  /// Operations per element: both sides normalised, over the temperature if they are logits; the sum of differences,
  /// weighted by probability if they are; and each gradient.
  fileprivate var operations: Int {
    switch distance {
    case .logits:
      2 * (RowWork.logNormaliser + 1) + (loss ? 3 : 0) + (studentGradient ? 4 : 0)
        + (teacherGradient ? 5 : 0)
    // Squares and quotients of both sides, their difference.
    case .direction, .cosine:
      7 + (loss ? 2 : 0) + (studentGradient ? 5 : 0) + (teacherGradient ? 5 : 0)
    }
  }
}

extension OptimizerUpdate {
  /// Operations per parameter.
  fileprivate var operations: Int {
    let clipped =
      switch clipping {
      case .norm: 1
      case .value: 2
      case nil: 0
      }
    return rule.operations + clipped + (averaging == nil ? 0 : 3) + (isScaled ? 1 : 0)
      + (decaysPartly ? 1 : 0)
  }
}

extension OptimizerRule {
  /// Operations per parameter.
  fileprivate var operations: Int {
    switch self {
    case .sgd(let momentum, let dampening, let nesterov, let weightDecay):
      2 + (momentum != 0 ? 2 : 0) + (dampening != 0 ? 1 : 0) + (nesterov ? 2 : 0)
        + (weightDecay != 0 ? 2 : 0)
    case .adam(_, _, _, let weightDecay, _, let amsgrad):
      12 + (weightDecay != 0 ? 2 : 0) + (amsgrad ? 1 : 0)
    case .rmsprop(_, _, let momentum, let centered, let weightDecay):
      9 + (momentum != 0 ? 2 : 0) + (centered ? 5 : 0) + (weightDecay != 0 ? 2 : 0)
    }
  }
}

extension Step {
  /// Bytes of operands and results.
  ///
  /// What is read in parts counts those parts; a value that is read in several ways counts at most
  /// once.
  fileprivate func traffic(in plan: Plan) -> Int {
    var elements: [Int: Int] = [:]
    func add(_ value: Int, _ count: Int) {
      elements[value] = min(plan.values[value].count, elements[value, default: 0] + count)
    }
    func whole(_ value: Int) -> Int { plan.values[value].count }
    let read = kind.programs.flatMap { program in
      program.operands.map { program.touched($0.access) }
    }
    let own = inputs.count - read.count
    for (index, value) in inputs.enumerated() {
      if index >= own {
        add(value, read[index - own])
      } else if case .gather(_, let columns, let count) = kind, index == 0 {
        add(value, columns * count)
      } else {
        add(value, whole(value))
      }
    }
    let taken = elements.reduce(0) { $0 + $1.value * plan.values[$1.key].dtype.byteCount }
    elements = [:]
    for (index, value) in outputs.enumerated() {
      if case .pointwise(let program) = kind {
        add(value, program.touched(program.results[index].access))
      } else {
        add(value, whole(value))
      }
    }
    let written = elements.reduce(0) { $0 + $1.value * plan.values[$1.key].dtype.byteCount }
    // An optimizer reads what it updates.
    if case .optimizer = kind { return taken + 2 * written }
    return taken + written
  }
}

extension StepKind {
  /// The programs whose operands end the step's inputs.
  fileprivate var programs: [PointwiseProgram] {
    switch self {
    case .pointwise(let program): [program]
    case .reduce(let reduction): [reduction.prologue]
    case .matmul(let matmul): [matmul.epilogue]
    case .convolution(let convolution):
      [convolution.epilogue] + convolution.fusedPrologues.map(\.program)
    default: []
    }
  }
}
