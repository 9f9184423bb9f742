/// The mean and variance of a normalisation.
public struct Moments {
  package let packed: Tensor
  /// The mean, one per channel or row.
  public let mean: Tensor
  /// The biased variance.
  public let variance: Tensor
  /// `1/√(variance + ε)`.
  package let inverseDeviation: Tensor
}

extension Tensor {
  /// The statistics per channel (last axis kept) or per row (last axis reduced).
  package func moments(_ axis: MomentsAxis, epsilon: Double) -> Moments {
    let kept: [Int] =
      axis == .channels ? [shape[-1]] : Array(shape.dimensions.dropLast()) + [1]
    let packed = apply(.moments(axis, epsilon: Float(epsilon)), Shape([3] + kept))
    func part(_ index: Int) -> Tensor {
      packed.slice(axis: 0, index..<index + 1).reshape(to: Shape(kept))
    }
    return Moments(
      packed: packed, mean: part(0), variance: part(1), inverseDeviation: part(2))
  }

  package func normalize(
    _ axis: MomentsAxis, mean: Tensor, inverseDeviation: Tensor, gamma: Tensor, beta: Tensor,
    trainsStatistics: Bool
  ) -> Tensor {
    apply(
      .normalize(axis, trainsStatistics: trainsStatistics),
      [mean, inverseDeviation, gamma, beta], shape)
  }

  /// The scale and the shift of the batch norm that computes this tensor, `[channels]` each; nil where something else
  /// does.
  package var batchNormParameters: (scale: Tensor, shift: Tensor)? {
    switch op {
    case .stopGradient: return operand(0).batchNormParameters
    case .normalize(.channels, _): return (operand(3), operand(4))
    default: return nil
    }
  }

  /// Batch normalisation by the batch's own statistics: `(x - mean)/√(variance + ε)·γ + β`.
  ///
  /// - Parameters:
  ///   - gamma: Scale, `[channels]`.
  ///   - beta: Shift, `[channels]`.
  ///   - epsilon: ε, greater than zero.
  /// - Returns: The normalised tensor and the statistics, from which running ones are kept.
  ///
  /// Source: Ioffe and Szegedy 2015, algorithm 1.
  public func batchNorm(gamma: Tensor, beta: Tensor, epsilon: Double) -> (Tensor, Moments) {
    let moments = moments(.channels, epsilon: epsilon)
    let result = normalize(
      .channels, mean: moments.mean, inverseDeviation: moments.inverseDeviation, gamma: gamma,
      beta: beta, trainsStatistics: true)
    return (result, moments)
  }

  /// Batch normalisation by given statistics, `[channels]` each; no gradient reaches those.
  public func batchNorm(
    gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor, epsilon: Double
  ) -> Tensor {
    normalize(
      .channels, mean: mean.stopGradient(),
      inverseDeviation: (variance.stopGradient() + epsilon).rsqrt(), gamma: gamma, beta: beta,
      trainsStatistics: false)
  }

  /// Layer normalisation over the last axis: `(x - mean)/√(variance + ε)·γ + β`.
  ///
  /// Source: Ba, Kiros and Hinton 2016, equation 4.
  public func layerNorm(gamma: Tensor, beta: Tensor, epsilon: Double) -> Tensor {
    let moments = moments(.rows, epsilon: epsilon)
    return normalize(
      .rows, mean: moments.mean, inverseDeviation: moments.inverseDeviation, gamma: gamma,
      beta: beta, trainsStatistics: true)
  }
}
