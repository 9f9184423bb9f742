import RetortCore

/// Hinton's soft-target loss: `T²·KL(softmax(t/T) ‖ softmax(s/T))`, averaged over the batch.
///
/// - Parameters:
///   - student: Logits, `[batch, classes]`.
///   - teacher: Logits, `[batch, classes]`; a constant, no gradient reaches it.
///   - temperature: T, dimensionless, greater than zero.
/// - Returns: A scalar, in nats.
///
/// Source: [Hinton, Vinyals, Dean 2015](https://arxiv.org/abs/1503.02531), section 2.
public func softTargetLoss(student: Tensor, teacher: Tensor, temperature: Double) -> Tensor {
  let rows = student.divergenceRows(
    .forwardKL, teacher: teacher.stopGradient(), temperature: temperature)
  return rows.mean() * (temperature * temperature)
}
