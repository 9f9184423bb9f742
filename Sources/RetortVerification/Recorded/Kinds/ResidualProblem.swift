import RetortCore
import RetortNN

/// `resnet_sgd_nesterov`: conv, bn, ReLU, basic blocks b1, b2, …, global average pool, fc.
///
/// A block with a projection shortcut has stride 2 unless the file says otherwise.
func residualProblem(_ file: VerificationCase) throws -> CaseProblem {
  func stride(_ name: String) throws -> Int {
    let path = name.split(separator: ".").map(String.init)
    guard path.count > 1, path[1] == "conv1" || path.dropFirst() == ["short", "0"] else {
      return 1
    }
    let projects = file.content.tensors["init.\(path[0]).short.0.weight"] != nil
    return try file.numbers.integer("stride", of: path[0]) ?? (projects ? 2 : 1)
  }
  let model = try CaseModel(file, prefix: "init.", geometry: file.geometry(stride: stride))
  return CaseProblem(model: model) { inputs in
    var x = model("bn", model("conv", try inputs.examples())).relu()
    for block in model.numbered("b", suffix: ".conv1") {
      let inner = model("\(block).bn1", model("\(block).conv1", x)).relu()
      let outer = model("\(block).bn2", model("\(block).conv2", inner))
      let projects = model.has("\(block).short.0")
      let shortcut = projects ? model("\(block).short.1", model("\(block).short.0", x)) : x
      x = (outer + shortcut).relu()
    }
    return try labelLoss(model("fc", x.globalAveragePool()), inputs, file)
  }
}
