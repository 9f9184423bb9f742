import Glibc

extension UnaryOp {
  /// The function of one number, for constant folding.
  package func evaluate(_ x: Double) -> Double {
    switch self {
    case .negate: -x
    case .absolute: Swift.abs(x)
    case .exp: Glibc.exp(x)
    case .expm1: Glibc.expm1(x)
    case .log: Glibc.log(x)
    case .log1p: Glibc.log1p(x)
    case .sqrt: x.squareRoot()
    case .rsqrt: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .square: x * x
    case .tanh: Glibc.tanh(x)
    case .sigmoid: 1 / (1 + Glibc.exp(-x))
    case .erf: Glibc.erf(x)
    case .relu: x < 0 ? 0 : x
    case .sign: x > 0 ? 1 : (x < 0 ? -1 : x)
    case .floor: Glibc.floor(x)
    case .sin: Glibc.sin(x)
    case .cos: Glibc.cos(x)
    case .isPositive: x > 0 ? 1 : 0
    case .toFloat: x
    }
  }
}

extension BinaryOp {
  /// The function of two numbers.
  package func evaluate(_ x: Double, _ y: Double) -> Double {
    switch self {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .divide: x / y
    case .maximum: x.isNaN || y.isNaN ? .nan : Swift.max(x, y)
    case .minimum: x.isNaN || y.isNaN ? .nan : Swift.min(x, y)
    case .power: Glibc.pow(x, y)
    case .greater: x > y ? 1 : 0
    case .greaterOrEqual: x >= y ? 1 : 0
    case .equal: x == y ? 1 : 0
    }
  }
}
