import RetortCore

extension ExportedPlan {
  /// A product or convolution, with the bias that is added to it and to nothing else.
  func contraction(_ id: Int32) -> ExportedStep? {
    if isContraction(id) { return .contraction(id, bias: nil) }
    guard case .binary(.add) = op(id) else { return nil }
    for (first, second) in [(0, 1), (1, 0)] {
      let bias = unrepeated(operand(id, second))
      guard shape(bias).rank == 1, fill(bias) == nil else { continue }
      var product = operand(id, first)
      // Products of more than two axes are those of matrices, reshaped.
      if case .reshape = op(product), trace.uses[Int(product)] == 1 {
        product = operand(product, 0)
        guard case .matmul = op(product) else { continue }
      }
      if isContraction(product), trace.uses[Int(product)] == 1,
        shape(bias)[0] == shape(product)[-1], shape(product)[-1] == shape(id)[-1]
      {
        return .contraction(product, bias: bias)
      }
    }
    return nil
  }

  private func isContraction(_ id: Int32) -> Bool {
    if case .convolution = op(id) { return true }
    if case .convolutionInputGradient = op(id) { return true }
    guard case .matmul = op(id) else { return false }
    return shape(id).rank == 2
  }

  /// Batch norm by running statistics, or layer norm.
  func normalisation(_ id: Int32) -> ExportedStep? {
    guard case .normalize(let axis, _) = op(id) else { return nil }
    let x = operand(id, 0)
    let (gamma, beta) = (unstopped(operand(id, 3)), unstopped(operand(id, 4)))
    switch axis {
    case .channels:
      let deviation = unstopped(operand(id, 2))
      guard shape(id).rank >= 2, case .unary(.rsqrt) = op(deviation) else { return nil }
      let sum = unstopped(operand(deviation, 0))
      guard case .binary(.add) = op(sum), let epsilon = fill(operand(sum, 1)) else { return nil }
      return .batchNorm(
        x: x, gamma: gamma, beta: beta, mean: unstopped(operand(id, 1)),
        variance: unstopped(operand(sum, 0)), epsilon)
    case .rows:
      guard let mean = moments(operand(id, 1), index: 0),
        let deviation = moments(operand(id, 2), index: 2), mean == deviation,
        case .moments(.rows, let epsilon) = op(mean), operand(mean, 0) == x
      else { return nil }
      return .layerNorm(x: x, gamma: gamma, beta: beta, Double(epsilon))
    }
  }

  /// The statistics of which a node is one part.
  private func moments(_ id: Int32, index: Int32) -> Int32? {
    var part = id
    if case .reshape = op(part) { part = operand(part, 0) }
    guard case .slice(let starts) = op(part), starts[0] == index else { return nil }
    let source = operand(part, 0)
    guard case .moments = op(source) else { return nil }
    return source
  }

  /// A sum of what has been divided by the number of its elements.
  func mean(_ id: Int32) -> ExportedStep? {
    guard case .reduce(.sum, let mask) = op(id) else { return nil }
    let product = operand(id, 0)
    guard case .binary(.multiply) = op(product), let share = fill(operand(product, 1)) else {
      return nil
    }
    let axes = (0..<shape(product).rank).filter { mask >> UInt8($0) & 1 == 1 }
    let count = axes.reduce(1.0) { $0 * Double(shape(product)[$1]) }
    guard abs(share * count - 1) < 1e-6 else { return nil }
    return .mean(x: operand(product, 0), axes: axes)
  }

  /// Functions that ONNX has and the graph composes.
  func activation(_ id: Int32) -> ExportedStep? {
    if case .select = op(id) {
      let (then, other) = (unstopped(operand(id, 1)), unstopped(operand(id, 2)))
      if then == other { return .alias(then) }
      if let x = hardSigmoid(id) { return .activation("HardSigmoid", x: x, Self.sixths) }
      return bounds(id)
    }
    if case .binary(.multiply) = op(id) {
      for (first, second) in [(0, 1), (1, 0)]
      where hardSigmoid(operand(id, second)) == operand(id, first) {
        return .activation("HardSwish", x: operand(id, first), [:])
      }
    }
    return leakyReLU(id)
  }

  private static let sixths: [String: Float] = ["alpha": 1 / 6, "beta": 0.5]

  /// The operand and the number of a node that combines both.
  private func combined(_ id: Int32, _ op: BinaryOp) -> (x: Int32, number: Double)? {
    guard case .binary(op) = self.op(id), let number = fill(operand(id, 1)) else { return nil }
    return (operand(id, 0), number)
  }

  /// `max(x, 0)·(1 − s) + x·s`.
  private func leakyReLU(_ id: Int32) -> ExportedStep? {
    guard case .binary(.add) = op(id), let positive = combined(operand(id, 0), .multiply),
      let all = combined(operand(id, 1), .multiply), case .unary(.relu) = op(positive.x),
      operand(positive.x, 0) == all.x, abs(positive.number + all.number - 1) < 1e-6
    else { return nil }
    return .activation("LeakyRelu", x: all.x, ["alpha": Float(all.number)])
  }

  /// The operand of a hard sigmoid, as `Tensor.hardSigmoid` composes it.
  private func hardSigmoid(_ id: Int32) -> Int32? {
    guard case .select = op(id), let high = combined(operand(id, 0), .greaterOrEqual),
      high.number == 3, fill(operand(id, 1)) == 1
    else { return nil }
    let inner = operand(id, 2)
    guard case .select = op(inner), fill(operand(inner, 1)) == 0 else { return nil }
    let isLow = operand(inner, 0)
    guard case .binary(.greaterOrEqual) = op(isLow), fill(operand(isLow, 0)) == -3,
      operand(isLow, 1) == high.x, let line = combined(operand(inner, 2), .multiply),
      abs(line.number - 1.0 / 6) < 1e-7, let moved = combined(line.x, .add),
      moved.number == 3, moved.x == high.x
    else { return nil }
    return high.x
  }

  /// Numbers kept within two bounds, in one of the ways in which graphs say so.
  private func bounds(_ id: Int32) -> ExportedStep? {
    let (isHigh, inner) = (operand(id, 0), unstopped(operand(id, 2)))
    guard let high = fill(unstopped(operand(id, 1))) else { return nil }
    if let found = combined(isHigh, .greaterOrEqual), found.number == high,
      case .unary(.relu) = op(inner), operand(inner, 0) == found.x, high > 0
    {
      return .clip(x: found.x, low: 0, high: high)
    }
    guard let upper = combined(isHigh, .greater), upper.number == high,
      case .select = op(inner), let low = fill(unstopped(operand(inner, 1))), low <= high
    else { return nil }
    let (isLow, x) = (operand(inner, 0), unstopped(operand(inner, 2)))
    guard case .binary(.greater) = op(isLow), fill(operand(isLow, 0)) == low,
      operand(isLow, 1) == x, upper.x == x || upper.x == inner
    else { return nil }
    return .clip(x: x, low: low, high: high)
  }
}
