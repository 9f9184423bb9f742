import RetortCore

extension Lowering {
  /// Appends the launches of a convolution or one of its gradients in the form for GPUs.
  mutating func convolutionTiled(
    _ analysis: StepAnalysis, _ convolution: ConvolutionStep, _ choice: TuningChoice?
  ) {
    let step = analysis.step
    let result = convolution.result
    guard result.count > 0 else { return }
    guard
      let product = TiledProduct(
        convolution, device: device, matrix: matrix, choice: choice)
    else {
      depthwiseTiled(analysis, convolution)
      return
    }
    let geometry = convolution.geometry
    let (inner, outer) = (convolution.weight[3], convolution.weight[0] / geometry.groups)
    let (role, entry): (String?, String) =
      switch convolution.direction {
      case .forward: (nil, "convolution_tiled")
      case .inputGradient: ("INPUT_GRADIENT", "convolution_input_gradient_tiled")
      case .weightGradient: ("WEIGHT_GRADIENT", "convolution_weight_gradient_tiled")
      }
    let vectorA = (convolution.direction == .forward ? inner : outer) % 4 == 0
    let vectorB = inner % 4 == 0
    var macros = product.macros(vectorA: vectorA, vectorB: vectorB)
    macros.append(convolution.macros)
    macros.append("CONV_GROUPS", "\(geometry.groups)")
    if let role { macros.append(role, "1") }
    let (a, b) = convolution.direction == .weightGradient ? (1, 0) : (0, 1)
    let loads = LoadPrologue(
      step, convolution, names: a == 0 ? ["a", "b"] : ["b", "a"],
      widths: (a == 0 ? [vectorA, vectorB] : [vectorB, vectorA]).map { $0 ? .four : .one })
    let columns = convolution.resultColumns
    store(
      analysis, convolution.epilogue, rows: result.count / columns, columns: columns,
      splits: product.splits, tiles: convolution.rowParts.map { RowTiles(product, parts: $0) }
    ) { c, store in
      var arguments: LaunchArguments = [
        "a": .buffer(.value(step.inputs[a])), "b": .buffer(.value(step.inputs[b])),
        "c": .buffer(c), "images": .int(convolution.input[0]), "chunk": .int(product.chunk),
      ]
      arguments.append(loads.arguments)
      if let store { arguments.append(store.arguments) }
      return Launch(
        family: "convolution/convolution_tiled", entry: entry, macros: macros,
        generated: loads.text + (store?.text ?? ""), global: product.global, local: product.local,
        arguments: arguments, label: step.label)
    }
  }
}

extension TiledProduct {
  /// The convolution as `convolution_tiled` sees it; nil where groups have one input channel each,
  /// which other kernels do.
  init?(
    _ convolution: ConvolutionStep, device: DeviceLimits, matrix: MatrixUnits?,
    choice: TuningChoice?
  ) {
    let geometry = convolution.geometry
    let groups = geometry.groups
    guard groups == 1 || convolution.weight[3] != 1 else { return nil }
    let taps = convolution.weight[1] * convolution.weight[2]
    let (inner, outer) = (convolution.weight[3], convolution.weight[0] / groups)
    let (images, input, output) = (convolution.input[0], convolution.input, convolution.output)
    let pixels = images * output[1] * output[2]
    let outputs = convolution.result.count
    switch convolution.direction {
    case .forward:
      self.init(
        m: pixels, n: outer, k: taps * inner, parts: groups, outputs: outputs, device: device,
        matrix: matrix, choice: choice)
    case .inputGradient:
      let (y, x) = (geometry.strideY, geometry.strideX)
      self.init(
        m: images * input[1].ceilDivided(by: y) * input[2].ceilDivided(by: x), n: inner,
        k: convolution.tapsOfPhase * outer, parts: groups * y * x, outputs: outputs,
        device: device, matrix: matrix, choice: choice)
    case .weightGradient:
      self.init(
        m: outer, n: taps * inner, k: pixels, parts: groups, outputs: outputs, device: device,
        matrix: matrix, choice: choice)
    }
  }
}

extension Lowering {
  /// Output columns of one work-item of the depthwise kernels.
  ///
  /// An estimate: no GPU was at hand. `retort bench kernels --names conv-dw128_14` on one shows its effect.
  private static let strip = 4
  /// Work-groups per compute unit of the depthwise weight gradient, and the least rows that each sums.
  ///
  /// Estimates too; `retort bench kernels --names conv-dw128_14-weight` on a GPU shows their effect.
  private static let groupsPerUnit = 8, leastRows = 4

  /// Appends the launches of a convolution whose groups have one input channel each.
  private mutating func depthwiseTiled(_ analysis: StepAnalysis, _ convolution: ConvolutionStep) {
    let step = analysis.step
    var macros = convolution.macros
    macros.append("STRIP", "\(Self.strip)")
    let images = convolution.input[0]
    if convolution.direction == .weightGradient {
      depthwiseWeightGradient(analysis, convolution, macros)
      return
    }
    let isForward = convolution.direction == .forward
    let columns = convolution.resultColumns
    let result = convolution.result
    let items = result[0] * result[1] * ((result[2] + Self.strip - 1) / Self.strip) * columns
    store(analysis, convolution.epilogue, rows: result.count / columns, columns: columns, splits: 1)
    {
      c, store in
      var arguments: LaunchArguments = [
        isForward ? "x" : "gradient": .buffer(.value(step.inputs[0])),
        "weights": .buffer(.value(step.inputs[1])), "c": .buffer(c), "images": .int(images),
      ]
      if let store { arguments.append(store.arguments) }
      return Launch(
        family: "convolution/depthwise_tiled",
        entry: isForward ? "depthwise_tiled" : "depthwise_input_gradient_tiled", macros: macros,
        generated: store?.text ?? "", global: [(items + 63) / 64 * 64], local: [64],
        arguments: arguments, label: step.label)
    }
  }

  private mutating func depthwiseWeightGradient(
    _ analysis: StepAnalysis, _ convolution: ConvolutionStep, _ macros: LaunchMacros
  ) {
    let step = analysis.step
    let columns = convolution.resultColumns
    let channels = convolution.weight[0]
    let groups = (channels + 63) / 64
    let rows = max(1, convolution.input[0] * convolution.output[1])
    let wanted = max(
      1, min(rows / Self.leastRows, device.computeUnits * Self.groupsPerUnit / groups))
    let chunk = (rows + wanted - 1) / wanted
    let splits = (rows + chunk - 1) / chunk
    store(analysis, convolution.epilogue, rows: channels, columns: columns, splits: splits) {
      c, _ in
      Launch(
        family: "convolution/depthwise_tiled", entry: "depthwise_weight_gradient_tiled",
        macros: macros, global: [groups * 64, splits], local: [64, 1],
        arguments: [
          "x": .buffer(.value(step.inputs[0])), "gradient": .buffer(.value(step.inputs[1])),
          "c": .buffer(c), "images": .int(convolution.input[0]), "chunk": .int(chunk),
        ], label: step.label)
    }
  }
}

extension ConvolutionStep {
  /// The shape of the step's result.
  fileprivate var result: Shape {
    switch direction {
    case .forward: output
    case .inputGradient: input
    case .weightGradient: weight
    }
  }

  /// The columns of the result as the kernels' epilogues see it.
  var resultColumns: Int {
    direction == .weightGradient ? weight[1] * weight[2] * weight[3] : result[3]
  }

  /// The parts that the result's rows are made of in the tiled form; nil where groups share columns or the
  /// kernels have no tiles.
  var rowParts: Int? {
    guard geometry.groups == 1 || weight[3] != 1 else { return nil }
    return switch direction {
    case .forward: 1
    case .inputGradient: geometry.strideY * geometry.strideX
    case .weightGradient: nil
    }
  }

  /// The most taps that positions of one phase of the input meet: every s/gcd(s, d)-th of an axis.
  fileprivate var tapsOfPhase: Int {
    func taps(_ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
      let step = (1...stride).first { $0 * dilation % stride == 0 } ?? stride
      return (kernel + step - 1) / step
    }
    return taps(weight[1], geometry.strideY, geometry.dilationY)
      * taps(weight[2], geometry.strideX, geometry.dilationX)
  }

  /// The geometry as macros of the tiled kernels.
  fileprivate var macros: LaunchMacros {
    [
      "HEIGHT": "\(input[1])", "WIDTH": "\(input[2])", "CHANNELS": "\(input[3])",
      "OUT_HEIGHT": "\(output[1])", "OUT_WIDTH": "\(output[2])", "OUT_CHANNELS": "\(output[3])",
      "KERNEL_Y": "\(weight[1])", "KERNEL_X": "\(weight[2])", "STRIDE_Y": "\(geometry.strideY)",
      "STRIDE_X": "\(geometry.strideX)", "PAD_TOP": "\(geometry.padTop)",
      "PAD_LEFT": "\(geometry.padLeft)", "DILATION_Y": "\(geometry.dilationY)",
      "DILATION_X": "\(geometry.dilationX)",
    ]
  }
}
