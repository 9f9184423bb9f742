import RetortCore
import RetortNN

/// `inverted_residual_adamw`: stem, expansion, depthwise convolution, squeeze and excite,
/// projection, each with batch norm, hard-swish between; mean; fc.
func invertedResidualProblem(_ file: VerificationCase) throws -> CaseProblem {
  let geometry = file.geometry(
    stride: { $0 == "stem" || $0 == "dw" ? 2 : 1 }, isDepthwise: { $0 == "dw" })
  let model = try CaseModel(file, prefix: "init.", geometry: geometry)
  return CaseProblem(model: model) { inputs in
    var x = model("bn0", model("stem", try inputs.examples())).hardSwish()
    x = model("bn1", model("exp", x)).hardSwish()
    x = model("bn2", model("dw", x)).hardSwish()
    let squeezed = x.mean(axes: [1, 2], keepingAxes: true)
    x = x * model("se2", model("se1", squeezed).relu()).hardSigmoid()
    x = model("bn3", model("proj", x))
    return try labelLoss(model("fc", x.globalAveragePool()), inputs, file)
  }
}
