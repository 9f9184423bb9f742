import RetortCore

/// Batch normalisation per channel (the last axis), over all other axes.
///
/// In training mode it normalises by the batch's mean and biased variance, and updates the running statistics
/// by `momentum` (with the unbiased variance); in evaluation mode it normalises by the running statistics.
///
/// Source: [Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167), algorithms 1 and 2.
public final class BatchNorm: Module {
  /// The scale γ, `[channels]`, ones at first.
  public let weight: Parameter
  /// The shift β, `[channels]`, zeros at first.
  public let bias: Parameter
  /// The running mean, `[channels]`, zeros at first.
  public let runningMean: Parameter
  /// The running unbiased variance, `[channels]`, ones at first.
  public let runningVar: Parameter
  /// The constant added to the variance, for stability.
  public let epsilon: Double
  /// The share of the batch's statistics in each update of the running ones.
  public let momentum: Float

  /// A layer for `channels` channels, with PyTorch's constants unless given.
  public init(
    _ channels: Int, epsilon: Double = 1e-5, momentum: Float = 0.1, scale: Initialiser = .ones
  ) {
    weight = Parameter([channels], scale)
    bias = Parameter([channels], .zeros)
    runningMean = Parameter([channels], .zeros, role: .runningMean)
    runningVar = Parameter([channels], .ones, role: .runningVariance)
    self.epsilon = epsilon
    self.momentum = momentum
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let (gamma, beta) = (weight.tensor, bias.tensor)
    guard context.mode == .training else {
      return x.batchNorm(
        gamma: gamma, beta: beta, mean: runningMean.tensor, variance: runningVar.tensor,
        epsilon: epsilon)
    }
    return context.batchNorm(
      x, gamma: gamma, beta: beta, runningMean: runningMean, epsilon: epsilon, momentum: momentum)
  }
}

extension ForwardContext {
  /// Batch normalisation by the batch's statistics, which the running ones follow.
  ///
  /// - Parameters:
  ///   - x: `[…, channels]`.
  ///   - gamma: The scale, `[channels]`.
  ///   - beta: The shift, `[channels]`.
  ///   - runningMean: The running mean; the running variance directly follows it among the parameters.
  ///   - epsilon: The constant added to the variance.
  ///   - momentum: The share of the batch's statistics in each update of the running ones.
  package func batchNorm(
    _ x: Tensor, gamma: Tensor, beta: Tensor, runningMean: Parameter, epsilon: Double,
    momentum: Float
  ) -> Tensor {
    let count = x.shape.count / max(1, x.shape[-1])
    guard count > 1 else {
      return x.graph.fail(
        .invalidArgument(
          operation: "batch norm",
          reason: "\(x.shape) has one value per channel; training needs two or more",
          path: x.graph.scope))
    }
    let (result, moments) = x.batchNorm(gamma: gamma, beta: beta, epsilon: epsilon)
    statistics.append(
      BatchStatistics(
        runningMean: runningMean, moments: moments, count: count, momentum: momentum))
    return result
  }
}
