import RetortCore

extension Lowering {
  /// Appends the commands of one step that no other has done.
  mutating func lower(_ step: Step, _ analysis: StepAnalysis) throws {
    switch step.kind {
    case .pointwise(let program): try pointwise(step, program)
    case .reduce(let reduction): try reduce(step, reduction)
    case .moments(let axis, let rows, let columns, let epsilon):
      moments(step, axis, rows: rows, columns: columns, epsilon: epsilon)
    case .matmul(let matmul): self.matmul(step, matmul, analysis)
    case .convolution(let convolution): try self.convolution(step, convolution, analysis)
    case .pooling(let pooling): self.pooling(step, pooling)
    case .gather(let rows, let columns, let count):
      gather(step, rows: rows, columns: columns, count: count)
    case .scatterAdd(let rows, let columns, let count):
      scatterAdd(step, rows: rows, columns: columns, count: count)
    case .argmax(let rows, let columns): argmax(step, rows: rows, columns: columns)
    case .softmax(let kind, let rows, let columns):
      softmax(step, kind, rows: rows, columns: columns)
    case .crossEntropy(let smoothing, let rows, let columns, let loss, let gradient):
      crossEntropy(
        step, smoothing: smoothing, rows: rows, columns: columns, loss: loss, gradient: gradient)
    case .divergence(let divergence): self.divergence(step, divergence)
    case .random(let distribution, let stream, let count):
      random(step, distribution, stream: stream, count: count)
    case .latentStep(let rule, let rows, let columns, let sizePerRow):
      latentStep(step, rule, rows: rows, columns: columns, sizePerRow: sizePerRow)
    case .augment(let augment): self.augment(step, augment)
    case .optimizer(let update, let count): optimizer(step, update, count: count)
    }
  }
}
