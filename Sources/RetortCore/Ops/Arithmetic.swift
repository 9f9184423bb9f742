extension Tensor {
  package func unary(_ op: UnaryOp) -> Tensor {
    switch (op, self.op) {
    case (.relu, .unary(.relu)): return self
    case (.negate, .unary(.negate)): return operand(0)
    default: break
    }
    if let value = fillValue { return graph.fill(op.evaluate(value), shape) }
    return apply(.unary(op), shape)
  }

  package func binary(_ op: BinaryOp, _ other: Tensor) -> Tensor {
    guard let common = Shape.broadcast(shape, other.shape) else {
      return graph.fail(
        .shapeMismatch(operation: "\(op)", lhs: shape, rhs: other.shape, path: graph.scope))
    }
    let lhs = broadcast(to: common)
    let rhs = other.broadcast(to: common)
    if let x = lhs.fillValue, let y = rhs.fillValue {
      return graph.fill(op.evaluate(x, y), common)
    }
    if let simpler = op.simplified(lhs, rhs) { return simpler }
    return lhs.apply(.binary(op), [rhs], common)
  }

  /// Element-wise sum; shapes broadcast.
  public static func + (lhs: Tensor, rhs: Tensor) -> Tensor { lhs.binary(.add, rhs) }
  /// Element-wise difference; shapes broadcast.
  public static func - (lhs: Tensor, rhs: Tensor) -> Tensor { lhs.binary(.subtract, rhs) }
  /// Element-wise product; shapes broadcast.
  public static func * (lhs: Tensor, rhs: Tensor) -> Tensor { lhs.binary(.multiply, rhs) }
  /// Element-wise quotient; shapes broadcast.
  public static func / (lhs: Tensor, rhs: Tensor) -> Tensor { lhs.binary(.divide, rhs) }
  /// Adds a number to every element.
  public static func + (lhs: Tensor, rhs: Double) -> Tensor { lhs + lhs.graph.fill(rhs) }
  /// Subtracts a number from every element.
  public static func - (lhs: Tensor, rhs: Double) -> Tensor { lhs - lhs.graph.fill(rhs) }
  /// Multiplies every element by a number.
  public static func * (lhs: Tensor, rhs: Double) -> Tensor { lhs * lhs.graph.fill(rhs) }
  /// Divides every element by a number.
  public static func / (lhs: Tensor, rhs: Double) -> Tensor { lhs * lhs.graph.fill(1 / rhs) }
  /// Subtracts every element from a number.
  public static func - (lhs: Double, rhs: Tensor) -> Tensor { rhs.graph.fill(lhs) - rhs }
  /// The element-wise negative.
  public static prefix func - (value: Tensor) -> Tensor { value.unary(.negate) }

  /// `eˣ`.
  public func exp() -> Tensor { unary(.exp) }
  /// The natural logarithm.
  public func log() -> Tensor { unary(.log) }
  /// `log(1 + x)`, accurate near zero.
  public func log1p() -> Tensor { unary(.log1p) }
  /// The square root.
  public func sqrt() -> Tensor { unary(.sqrt) }
  /// `1/√x`.
  public func rsqrt() -> Tensor { unary(.rsqrt) }
  /// `1/x`.
  public func reciprocal() -> Tensor { unary(.reciprocal) }
  /// `x²`.
  public func square() -> Tensor { unary(.square) }
  /// `|x|`; the gradient at zero is zero.
  public func abs() -> Tensor { unary(.absolute) }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { unary(.tanh) }
  /// `1/(1 + e⁻ˣ)`.
  public func sigmoid() -> Tensor { unary(.sigmoid) }
  /// The error function.
  public func erf() -> Tensor { unary(.erf) }
  /// `max(x, 0)`; the gradient at zero is zero, and NaN stays NaN.
  public func relu() -> Tensor { unary(.relu) }
  /// int32 elements as float32.
  public func toFloat() -> Tensor {
    dtype == .float32 ? self : apply(.unary(.toFloat), [], shape, .float32)
  }
  /// float32 elements as int32, cut off towards zero; no gradient.
  public func toInteger() -> Tensor {
    if dtype == .int32 { return self }
    let whole = graph.add(
      .binary(.multiply), [unary(.sign).id, abs().unary(.floor).id], shape, .int32)
    return whole.stopGradient()
  }
  /// The element-wise maximum; where both are equal each receives half of the gradient.
  public func maximum(_ other: Tensor) -> Tensor { binary(.maximum, other) }
  /// The element-wise minimum; where both are equal each receives half of the gradient.
  public func minimum(_ other: Tensor) -> Tensor { binary(.minimum, other) }
  /// `xʸ` for x > 0.
  public func power(_ other: Tensor) -> Tensor { binary(.power, other) }
  /// `1` where greater, else `0`; no gradient.
  public func greater(_ other: Tensor) -> Tensor { binary(.greater, other) }
  /// `1` where greater or equal, else `0`; no gradient.
  public func greaterOrEqual(_ other: Tensor) -> Tensor { binary(.greaterOrEqual, other) }
  /// `1` where equal, else `0`; no gradient.
  public func equal(_ other: Tensor) -> Tensor { binary(.equal, other) }

  /// Limits elements to `[low, high]`; the gradient is one within, the bounds included, and zero
  /// outside, as PyTorch's `clamp` had it up to version 2.14.
  public func clamp(_ low: Double, _ high: Double) -> Tensor {
    clamp(graph.fill(low), graph.fill(high))
  }

  /// Limits elements to `[low, high]`, two tensors that broadcast and receive no gradient.
  public func clamp(_ low: Tensor, _ high: Tensor) -> Tensor {
    greater(high).select(high.stopGradient(), low.greater(self).select(low.stopGradient(), self))
  }

  /// `then` where this tensor is not zero, else `otherwise`; shapes broadcast.
  public func select(_ then: Tensor, _ otherwise: Tensor) -> Tensor {
    guard let pair = Shape.broadcast(then.shape, otherwise.shape),
      let common = Shape.broadcast(shape, pair)
    else {
      return graph.fail(
        .shapeMismatch(
          operation: "select", lhs: then.shape, rhs: otherwise.shape, path: graph.scope))
    }
    return broadcast(to: common).apply(
      .select, [then.broadcast(to: common), otherwise.broadcast(to: common)], common, then.dtype)
  }

  /// `log(1 + eˣ)`, without overflow; its gradient is the sigmoid, at zero too.
  public func softplus() -> Tensor { maximum(graph.fill(0)) + (-abs()).exp().log1p() }

  /// `x·Φ(x)` with the exact error function.
  public func gelu() -> Tensor { self * 0.5 * ((self * 0.5.squareRoot()).erf() + 1) }

  /// `min(max(x, 0), 6)`; the gradient is zero at both bounds.
  public func relu6() -> Tensor { greaterOrEqual(graph.fill(6)).select(graph.fill(6), relu()) }

  /// `min(max(x/6 + 1/2, 0), 1)`; the gradient is zero at both bounds.
  public func hardSigmoid() -> Tensor {
    let isLow = graph.fill(-3).greaterOrEqual(self)
    let isHigh = greaterOrEqual(graph.fill(3))
    return isHigh.select(graph.fill(1), isLow.select(graph.fill(0), (self + 3) * (1.0 / 6)))
  }

  /// `x · hardSigmoid(x)`.
  public func hardSwish() -> Tensor { self * hardSigmoid() }
}

extension BinaryOp {
  /// The result where a constant operand makes the operation trivial, such as `x + 0`; nil elsewhere.
  fileprivate func simplified(_ lhs: Tensor, _ rhs: Tensor) -> Tensor? {
    switch self {
    case .add:
      if rhs.fillValue == 0 { return lhs }
      if lhs.fillValue == 0 { return rhs }
    case .subtract:
      if rhs.fillValue == 0 { return lhs }
      if lhs.fillValue == 0 { return -rhs }
    case .multiply:
      if rhs.fillValue == 1 { return lhs }
      if lhs.fillValue == 1 { return rhs }
      if rhs.fillValue == -1 { return -lhs }
      if lhs.fillValue == -1 { return -rhs }
    case .divide:
      if rhs.fillValue == 1 { return lhs }
    default: break
    }
    return nil
  }
}
