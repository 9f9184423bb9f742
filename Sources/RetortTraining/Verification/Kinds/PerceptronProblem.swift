import RetortCore
import RetortNN

/// `mlp_sgd`: fc1, ReLU, fc2, …; cross-entropy.
func perceptronProblem(_ file: VerificationCase) throws -> CaseProblem {
  let model = try CaseModel(file, prefix: "init.")
  return CaseProblem(model: model) { inputs in
    let logits = model.chain("fc", try inputs.floats("input.x").flatten()) { $0.relu() }
    return try labelLoss(logits, inputs, file)
  }
}

/// Cross-entropy with `input.y`, smoothed where `hyper` says so.
func labelLoss(_ logits: Tensor, _ inputs: CaseInputs, _ file: VerificationCase) throws -> Tensor {
  crossEntropy(
    logits: logits, labels: try inputs.integers("input.y"),
    labelSmoothing: try file.numbers.optional("label_smoothing", .share) ?? 0)
}
