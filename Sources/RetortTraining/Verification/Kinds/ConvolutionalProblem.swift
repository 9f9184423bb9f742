import RetortCore
import RetortNN

/// `cnn_adam_kd`: conv1, ReLU, max pool 2, conv2, …, flattened channels first, fc; labels and
/// soft targets.
func convolutionalProblem(_ file: VerificationCase) throws -> CaseProblem {
  let model = try CaseModel(file, prefix: "init.", geometry: file.geometry())
  return CaseProblem(model: model) { inputs in
    var x = try inputs.floats("input.x")
    for name in model.numbered("conv") {
      x = model(name, x).relu().maxPool(Pooling(window: 2))
    }
    let logits = model("fc", x.transpose([0, 3, 1, 2]).flatten())
    let temperature = try file.numbers.required("temperature", .temperature)
    let alpha = try file.numbers.required("alpha")
    let teacher = try inputs.floats("input.teacher_logits")
    return try labelLoss(logits, inputs, file) * alpha
      + softTargets(logits, teacher, temperature) * (1 - alpha)
  }
}

extension VerificationCase {
  /// Convolutions that keep the image's size but for their stride, unless the file says otherwise.
  ///
  /// - Parameters:
  ///   - stride: The usual stride of a layer.
  ///   - isDepthwise: Whether a layer has one group per channel.
  func geometry(
    stride: @escaping (String) -> Int = { _ in 1 },
    isDepthwise: @escaping (String) -> Bool = { _ in false }
  ) -> CaseModel.Geometry {
    { name, shape in
      let step = numbers.integer("stride", of: name) ?? stride(name)
      var result = Convolution(stride: step, groups: isDepthwise(name) ? shape[0] : 1)
      let said = numbers.integer("pad", of: name) ?? numbers.integer("padding", of: name)
      result.padTop = said ?? (shape[2] - 1) / 2
      result.padLeft = said ?? (shape[3] - 1) / 2
      (result.padBottom, result.padRight) = (result.padTop, result.padLeft)
      return result
    }
  }
}
