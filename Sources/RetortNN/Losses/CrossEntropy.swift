import RetortCore

/// Softmax cross-entropy of logits with labels, averaged over the batch.
///
/// `-log softmax(logits)[label]`, or with smoothing ε the same against
/// `(1-ε)·onehot + ε/classes`.
///
/// - Parameters:
///   - logits: `[batch, classes]`; receives a gradient.
///   - labels: int32 `[batch]` in `0..<classes`; a row with another label contributes zero to the sum but
///     counts in the batch size.
///   - labelSmoothing: ε in [0, 1).
///   - reduction: The reduction of the rows' losses.
/// - Returns: A scalar, in nats.
///
/// Source: [Szegedy et al. 2016](https://arxiv.org/abs/1512.00567), section 7, for the smoothing.
public func crossEntropy(
  logits: Tensor, labels: Tensor, labelSmoothing: Double = 0, reduction: LossReduction = .mean
) -> Tensor {
  reduction(logits.crossEntropyRows(labels, labelSmoothing: labelSmoothing))
}
