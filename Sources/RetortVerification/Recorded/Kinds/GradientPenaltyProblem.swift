import RetortCore
import RetortNN

/// `gradient_penalty_sgd`: `λ·mean((‖∂out/∂x‖₂ - 1)²) + mean(out)` of fc1, softplus, fc2.
///
/// Source: [Gulrajani et al. 2017](https://arxiv.org/abs/1704.00028), equation 3.
func gradientPenaltyProblem(_ file: VerificationCase) throws -> CaseProblem {
  let model = try CaseModel(file, prefix: "init.")
  let weight = try file.numbers.required("lambda")
  return CaseProblem(model: model) { inputs in
    let x = try inputs.floats("input.x").flatten()
    let out = model.chain("fc", x) { $0.softplus() }
    let slope = gradients(of: out.sum(), with: [x])[0]
    let length = slope.square().sum(axes: [1]).sqrt()
    return (length - 1).square().mean() * weight + out.mean()
  }
}
