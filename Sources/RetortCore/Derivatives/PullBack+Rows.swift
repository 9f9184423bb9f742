extension PullBack {
  /// The gradient of `u·(softmax(z) - target)` with respect to the logits z and the upstream gradient u; zero
  /// in rows without a valid label.
  func crossEntropyGradient(_ smoothing: Float, _ index: Int) -> Tensor? {
    let (logits, labels, upstream) = (x[0], x[1], x[2])
    let graph = g.graph
    switch index {
    case 0:
      let classes = graph.fill(Double(logits.shape[-1]))
      let number = labels.toFloat()
      let valid = number.greaterOrEqual(graph.fill(0)) * classes.greater(number)
      let rows = (upstream * valid).expandingLast()
      let y = logits.softmax()
      return y.apply(.softmaxBackward, [g * rows], g.shape)
    case 2:
      let ones = graph.fill(1, upstream.shape)
      let unit = logits.apply(
        .crossEntropyGradient(smoothing: smoothing), [labels, ones], logits.shape)
      return (g * unit).sum(axes: [-1])
    default: return nil
    }
  }
}

extension Tensor {
  /// A new last axis of extent 1.
  package func expandingLast() -> Tensor { reshape(to: Shape(shape.dimensions + [1])) }
}

extension Op {
  /// The definition of a fused operation in primitive ones, for tests and second derivatives; nil for others.
  package func composite(_ x: [Tensor]) -> Tensor? {
    switch self {
    case .softmaxBackward:
      let (y, g) = (x[0], x[1])
      return y * (g - (g * y).sum(axes: [-1], keepingAxes: true))
    case .logSoftmaxBackward:
      let (y, g) = (x[0], x[1])
      return g - y.exp() * g.sum(axes: [-1], keepingAxes: true)
    case .divergence(let distance): return distance.composite(student: x[0], teacher: x[1])
    case .divergenceGradient(let distance, let side):
      let rows = distance.composite(student: x[0], teacher: x[1])
      return gradients(of: rows, seed: x[2], with: [x[0], x[1]])[side == .student ? 0 : 1]
    default: return nil
    }
  }
}

extension RowDistance {
  /// The distance of each two rows, in plain operations.
  fileprivate func composite(student: Tensor, teacher: Tensor) -> Tensor {
    switch self {
    case .logits(let divergence, let temperature):
      divergence.composite(student: student, teacher: teacher, Double(temperature))
    case .direction: (teacher.unit() - student.unit()).square().sum(axes: [-1])
    case .cosine(let floor):
      1
        - (student.unit(floor: Double(floor)) * teacher.unit(floor: Double(floor)))
        .sum(axes: [-1])
    }
  }
}

extension Divergence {
  /// The divergence of each row, in plain operations.
  fileprivate func composite(student: Tensor, teacher: Tensor, _ temperature: Double) -> Tensor {
    let logQ = (student / temperature).logSoftmax()
    let logP = (teacher / temperature).logSoftmax()
    let (q, p) = (logQ.exp(), logP.exp())
    switch self {
    case .forwardKL: return (p * (logP - logQ)).sum(axes: [-1])
    case .reverseKL: return (q * (logQ - logP)).sum(axes: [-1])
    case .jensenShannon(let beta):
      let (b, c) = (Double(beta), 1 - Double(beta))
      let logM = (p * b + q * c).maximum(p.graph.fill(1e-38)).log()
      return (p * (logP - logM) * b + q * (logQ - logM) * c).sum(axes: [-1])
    case .probabilityL2: return (p - q).square().sum(axes: [-1])
    }
  }
}
