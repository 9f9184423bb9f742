import RetortCore
import RetortNN

/// `vae_adam`: e1, ReLU, mu and lv; a sample; d1, ReLU, d2 as logits; likelihood and KL divergence.
func autoencoderProblem(_ file: VerificationCase) throws -> CaseProblem {
  let model = try CaseModel(file, prefix: "init.")
  return CaseProblem(model: model) { inputs in
    let x = try inputs.floats("input.x").flatten()
    var hidden = x
    for name in model.numbered("e") { hidden = model(name, hidden).relu() }
    let (mean, logVariance) = (model("mu", hidden), model("lv", hidden))
    let z = mean + (logVariance * 0.5).exp() * (try inputs.perStep("input.eps"))
    let logits = model.chain("d", z) { $0.relu() }
    return binaryCrossEntropy(logits: logits, targets: x, reduction: .batchMean)
      + gaussianKL(mean: mean, logVariance: logVariance).mean()
  }
}
