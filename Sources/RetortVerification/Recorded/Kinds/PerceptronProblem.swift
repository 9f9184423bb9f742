import RetortCore
import RetortNN

/// `mlp_sgd`: fc1, ReLU, fc2, …; cross-entropy.
func perceptronProblem(_ file: VerificationCase) throws -> CaseProblem {
  let model = try CaseModel(file, prefix: "init.")
  return CaseProblem(model: model) { inputs in
    let logits = model.chain("fc", try inputs.examples().flatten()) { $0.relu() }
    return try labelLoss(logits, inputs, file)
  }
}

/// The cross-entropy with `input.y`, smoothed if `hyper` says so; with `mixup` mixed with that of the
/// partners' labels.
func labelLoss(_ logits: Tensor, _ inputs: CaseInputs, _ file: VerificationCase) throws -> Tensor {
  let smoothing = try file.numbers.optional("label_smoothing", .share) ?? 0
  func loss(_ labels: Tensor) -> Tensor {
    crossEntropy(logits: logits, labels: labels, labelSmoothing: smoothing)
  }
  let own = loss(try inputs.integers("input.y"))
  guard let share = try file.numbers.optional("mixup", .share) else { return own }
  return own * share + loss(try inputs.partnerLabels()) * (1 - share)
}
