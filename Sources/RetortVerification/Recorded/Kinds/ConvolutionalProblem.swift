import RetortCore
import RetortDistillation
import RetortNN

/// `cnn_adam_kd`: conv1, ReLU, max pool 2, conv2, …, flattened channels first, fc; the loss is of labels and
/// soft targets.
///
/// With `adaptive_pool`, an adaptive average pool of that many rows and columns precedes fc.
func convolutionalProblem(_ file: VerificationCase) throws -> CaseProblem {
  let model = try CaseModel(file, prefix: "init.", geometry: file.geometry())
  return CaseProblem(model: model) { inputs in
    var x = try inputs.examples()
    for name in model.numbered("conv") {
      x = model(name, x).relu().maxPool(Pooling(window: 2))
    }
    if let grid = try file.numbers.integers("adaptive_pool", 1...65536) {
      guard grid.count == 2 else {
        throw VerificationError.outOfRange(
          "adaptive_pool", found: "\(grid)", allowed: "two whole numbers", file: file.content.path)
      }
      x = x.adaptiveAveragePool(height: grid[0], width: grid[1])
    }
    let logits = model("fc", x.transpose([0, 3, 1, 2]).flatten())
    let temperature = try file.numbers.required("temperature", .temperature)
    let alpha = try file.numbers.required("alpha")
    let teacher = try inputs.floats("input.teacher_logits")
    return try labelLoss(logits, inputs, file) * alpha
      + softTargetLoss(student: logits, teacher: teacher, temperature: temperature) * (1 - alpha)
  }
}

extension VerificationCase {
  /// The geometry of convolutions that preserve the image size up to their stride, unless the file says
  /// otherwise.
  ///
  /// - Parameters:
  ///   - stride: The default stride of a layer.
  ///   - isDepthwise: Whether a layer has one group per channel.
  func geometry(
    stride: @escaping (String) throws -> Int = { _ in 1 },
    isDepthwise: @escaping (String) -> Bool = { _ in false }
  ) -> CaseModel.Geometry {
    { name, shape in
      let step = try numbers.integer("stride", of: name) ?? stride(name)
      let dilation = try numbers.count("dilation", of: name) ?? 1
      let groups = try numbers.count("groups", of: name)
      var result = Convolution(
        stride: step, dilation: dilation, groups: groups ?? (isDepthwise(name) ? shape[0] : 1))
      let said =
        try numbers.integer("pad", of: name) ?? numbers.integer("padding", of: name)
      result.padTop = said ?? (shape[2] - 1) * dilation / 2
      result.padLeft = said ?? (shape[3] - 1) * dilation / 2
      (result.padBottom, result.padRight) = (result.padTop, result.padLeft)
      return result
    }
  }

  /// The transposed convolution `name` with a square kernel and its `output_padding`.
  func transposed(
    _ name: String, _ weight: [Int], _ geometry: Convolution, hasBias: Bool
  ) throws -> Module {
    guard weight[2] == weight[3] else {
      throw VerificationError.unusable(
        tensor: "\(name).weight", shape: weight, file: content.path)
    }
    return ConvTranspose2d(
      weight[0], weight[1] * geometry.groups, kernel: weight[2], stride: geometry.strideY,
      padding: geometry.padTop,
      outputPadding: try numbers.integer("output_padding", of: name) ?? 0,
      dilation: geometry.dilationY, groups: geometry.groups, bias: hasBias)
  }
}
