import RetortCore

/// `max(x, 0)`.
public final class ReLU: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.relu() }
}

/// `min(max(x, 0), 6)`; the gradient is zero at both bounds.
///
/// Source: [Krizhevsky 2010](https://www.cs.toronto.edu/~kriz/conv-cifar10-aug2010.pdf).
public final class ReLU6: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.relu6() }
}

/// `max(x, 0) + s·min(x, 0)`; the gradient at 0 is s.
///
/// Source: Maas, Hannun and Ng 2013, equation 4.
public final class LeakyReLU: Module {
  /// s, the slope of negative values.
  public let slope: Double

  /// A layer of the given slope.
  public init(_ slope: Double) { self.slope = slope }

  public override func forward(_ x: Tensor) -> Tensor { x.relu() * (1 - slope) + x * slope }
}

/// `x·Φ(x)` with the exact error function.
///
/// Source: [Hendrycks and Gimpel 2016](https://arxiv.org/abs/1606.08415).
public final class GELU: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.gelu() }
}

/// `x·sigmoid(x)`.
///
/// Source: [Ramachandran, Zoph, Le 2017](https://arxiv.org/abs/1710.05941).
public final class SiLU: Module {
  public override func forward(_ x: Tensor) -> Tensor { x * x.sigmoid() }
}

/// The hyperbolic tangent.
public final class Tanh: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.tanh() }
}

/// `1/(1 + e⁻ˣ)`.
public final class Sigmoid: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.sigmoid() }
}

/// `log(1 + eˣ)`.
public final class Softplus: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.softplus() }
}

/// `x · min(max(x/6 + 1/2, 0), 1)`.
///
/// Source: [Howard et al. 2019](https://arxiv.org/abs/1905.02244), section 5.2.
public final class HardSwish: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.hardSwish() }
}

/// `min(max(x/6 + 1/2, 0), 1)`; the gradient is zero at both bounds.
public final class HardSigmoid: Module {
  public override func forward(_ x: Tensor) -> Tensor { x.hardSigmoid() }
}

/// The input itself.
public final class Identity: Module {}
