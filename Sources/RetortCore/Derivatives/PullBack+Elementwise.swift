extension PullBack {
  func unary(_ op: UnaryOp) -> Tensor? {
    let (x, y) = (self.x[0], output)
    switch op {
    case .negate: return -g
    case .absolute: return g * x.unary(.sign)
    case .exp: return g * y
    case .expm1: return g * (y + 1)
    case .log: return g / x
    case .log1p: return g / (x + 1)
    case .sqrt: return g * 0.5 / y
    case .rsqrt: return g * (y * y * y) * -0.5
    case .reciprocal: return -(g * y.square())
    case .square: return g * x * 2
    case .tanh: return g * (1 - y.square())
    case .sigmoid: return g * (y * (1 - y))
    case .erf: return g * (-x.square()).exp() * 1.128379167095512573896158903121545172  // 2/√π
    case .relu: return g * y.unary(.isPositive)
    case .sin: return g * x.unary(.cos)
    case .cos: return -(g * x.unary(.sin))
    case .sign, .floor, .isPositive, .toFloat: return nil
    }
  }

  func binary(_ op: BinaryOp, _ index: Int) -> Tensor? {
    let (a, b) = (x[0], x[1])
    switch op {
    case .add: return g
    case .subtract: return index == 0 ? g : -g
    case .multiply: return index == 0 ? g * b : g * a
    case .divide: return index == 0 ? g / b : -(g * output / b)
    case .maximum: return index == 0 ? g * share(a, b) : g * share(b, a)
    case .minimum: return index == 0 ? g * share(b, a) : g * share(a, b)
    case .power:
      return index == 0 ? g * b * a.power(b - 1) : g * output * a.log()
    case .greater, .greaterOrEqual, .equal: return nil
    }
  }

  /// 1 where `a > b`, ½ where equal, else 0.
  private func share(_ a: Tensor, _ b: Tensor) -> Tensor {
    a.greater(b) + a.equal(b) * 0.5
  }
}
