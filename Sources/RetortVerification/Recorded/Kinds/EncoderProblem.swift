import RetortCore
import RetortNN

/// `encoder_adamw`: token and position embedding, post-norm transformer layers l0, l1, …, mean
/// over the unmasked positions, fc.
func encoderProblem(_ file: VerificationCase) throws -> CaseProblem {
  let epsilon = try file.numbers.optional("layer_norm_eps", .notNegative) ?? 1e-12
  let model = try CaseModel(file, prefix: "init.", layerNormEpsilon: epsilon)
  let heads = Int(try file.numbers.required("heads", .whole(1...65536)))
  return CaseProblem(model: model) { inputs in
    let ids = try inputs.integers("input.ids")
    let mask = try inputs.integers("input.mask").toFloat()  // [batch, length]
    let (batch, length) = (ids.shape[0], ids.shape[1])
    let positions = ids.graph.constant((0..<Int32(length)).map { $0 }, [length])
    let penalty = ((1 - mask) * -1e9).reshape([batch, 1, 1, length])
    var x = model("ln", model("tok", ids) + model("pos", positions))
    for layer in model.numbered("l", from: 0, suffix: "_q") {
      let mixed = attention(
        query: model("\(layer)_q", x), key: model("\(layer)_k", x), value: model("\(layer)_v", x),
        heads: heads, mask: penalty)
      x = model("\(layer)_ln1", x + model("\(layer)_o", mixed))
      let inner = model("\(layer)_up", x).gelu()
      x = model("\(layer)_ln2", x + model("\(layer)_down", inner))
    }
    let weights = mask.reshape([batch, length, 1])
    let pooled = (x * weights).sum(axes: [1]) / weights.sum(axes: [1])
    return try labelLoss(model("fc", pooled), inputs, file)
  }
}
