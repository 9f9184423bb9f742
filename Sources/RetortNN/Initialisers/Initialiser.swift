import RetortCore

/// The distribution of a parameter's first values; equal seeds and paths give equal values on every device.
public enum Initialiser: Hashable, Sendable {
  /// The same value for every element.
  case constant(Float)
  /// Uniform in `[-bound, bound)`.
  case uniform(bound: Float)
  /// Normal with mean 0 and the given standard deviation.
  case normal(deviation: Float)
  /// Normal with mean 0 and the given deviation, redrawn beyond two deviations.
  case truncatedNormal(deviation: Float)

  /// All zeros.
  public static let zeros = Initialiser.constant(0)

  /// All ones.
  public static let ones = Initialiser.constant(1)

  /// PyTorch's default for Linear and convolution layers: uniform within `±1/√fanIn`.
  ///
  /// That is its Kaiming uniform with negative slope √5.
  public static func framework(fanIn: Int) -> Initialiser {
    .uniform(bound: 1 / Float(max(1, fanIn)).squareRoot())
  }

  /// Uniform within `±√(6/fan)`, which keeps the variance through ReLU layers.
  ///
  /// Source: [He et al. 2015](https://arxiv.org/abs/1502.01852), equation 10.
  public static func kaimingUniform(fan: Int) -> Initialiser {
    .uniform(bound: (6 / Float(max(1, fan))).squareRoot())
  }

  /// Normal with deviation `√(2/fan)`, which keeps the variance through ReLU layers.
  ///
  /// Source: [He et al. 2015](https://arxiv.org/abs/1502.01852), equation 10.
  public static func kaimingNormal(fan: Int) -> Initialiser {
    .normal(deviation: (2 / Float(max(1, fan))).squareRoot())
  }

  /// Uniform within `±√(6/(fanIn + fanOut))`.
  ///
  /// Source: Glorot and Bengio 2010, equation 16.
  public static func xavierUniform(fanIn: Int, fanOut: Int) -> Initialiser {
    .uniform(bound: (6 / Float(max(1, fanIn + fanOut))).squareRoot())
  }

  /// Normal with deviation `√(2/(fanIn + fanOut))`.
  ///
  /// Source: Glorot and Bengio 2010, equation 16.
  public static func xavierNormal(fanIn: Int, fanOut: Int) -> Initialiser {
    .normal(deviation: (2 / Float(max(1, fanIn + fanOut))).squareRoot())
  }

  /// The first `count` elements of this distribution under (seed, stream).
  package func values(_ count: Int, seed: UInt64, stream: UInt32) -> [Float] {
    let random = Philox4x32(seed: seed, stream: stream)
    switch self {
    case .constant(let value): return Array(repeating: value, count: count)
    case .uniform(let bound): return random.uniforms(count).map { ($0 * 2 - 1) * bound }
    case .normal(let deviation): return random.normals(count).map { $0 * deviation }
    case .truncatedNormal(let deviation):
      var values = random.normals(count)
      var attempt: UInt32 = 1
      while values.contains(where: { abs($0) > 2 }) {
        let fresh = Philox4x32(seed: seed, stream: stream, step: attempt).normals(count)
        for index in values.indices where abs(values[index]) > 2 { values[index] = fresh[index] }
        attempt += 1
      }
      return values.map { $0 * deviation }
    }
  }
}
