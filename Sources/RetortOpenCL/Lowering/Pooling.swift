import RetortCore

extension Lowering {
  /// Appends the launch of max or average pooling or one of their derivatives.
  mutating func pooling(_ step: Step, _ pooling: PoolingStep) {
    let (input, output) = (pooling.input, pooling.output)
    guard input.count > 0, output.count > 0 else { return }
    let lanes = form == .vector ? 16 : 1
    let blocks = (input[3] + lanes - 1) / lanes
    let geometry = PoolGeometry(form, units: pooling.pixels * blocks, device: device)
    var macros = pooling.macros
    macros.append("LANES", "\(lanes)")
    macros.append("LOCAL", "\(geometry.local)")
    let operands: [String]
    let result: String
    switch pooling.kind {
    case .maximum, .average: (operands, result) = (["x"], "y")
    case .maximumSelect: (operands, result) = (["x", "v"], "y")
    case .maximumBackward: (operands, result) = (["x", "g"], "dx")
    case .averageBackward: (operands, result) = (["g"], "dx")
    }
    var arguments: LaunchArguments = [:]
    for (index, name) in operands.enumerated() {
      arguments.append(name, .buffer(self.input(step, index)))
    }
    arguments.append(result, .buffer(self.output(step)))
    arguments.append("images", .int(input[0]))
    arguments.append("share", .int(geometry.share))
    add(
      Launch(
        family: pooling.isAverage ? "pooling/average_pool" : "pooling/max_pool",
        entry: pooling.entry, macros: macros, global: [geometry.global], local: [geometry.local],
        arguments: arguments, label: step.label))
  }
}

/// How the units of a pooling are dealt out.
private struct PoolGeometry {
  /// Units per work-item.
  let share: Int
  /// Work-items, and work-items per group.
  let global, local: Int

  /// Units of a work-item at least on CPU devices.
  ///
  /// Chosen by trial; `retort bench step --models lenet5 --profile` shows its effect.
  private static let leastShare = 64

  init(_ form: KernelForm, units: Int, device: DeviceLimits) {
    switch form {
    case .vector:
      let wanted = max(
        1, min(units / Self.leastShare, device.computeUnits * CoreShare.itemsPerCore))
      share = (units + wanted - 1) / wanted
      local = 1
      global = (units + share - 1) / share
    case .tiled:
      share = 1
      local = 64
      global = (units + 63) / 64 * 64
    }
  }
}

extension PoolingStep {
  /// Whether windows neither overlap nor reach past the image.
  fileprivate var hasCells: Bool {
    let p = pooling
    return p.strideY >= p.height && p.strideX >= p.width
      && p.padTop + p.padLeft + p.padBottom + p.padRight == 0
  }

  fileprivate var isAverage: Bool { kind == .average || kind == .averageBackward }

  fileprivate var entry: String {
    switch kind {
    case .maximum: "max_pool"
    case .maximumSelect: "max_pool_select"
    case .maximumBackward: hasCells ? "max_pool_backward_cells" : "max_pool_backward"
    case .average: "average_pool"
    case .averageBackward: "average_pool_backward"
    }
  }

  /// Pixels that the kernel deals out: of the result, or cells of it.
  fileprivate var pixels: Int {
    switch kind {
    case .maximum, .maximumSelect, .average: output[0] * output[1] * output[2]
    case .maximumBackward where hasCells:
      input[0] * ((input[1] + pooling.strideY - 1) / pooling.strideY)
        * ((input[2] + pooling.strideX - 1) / pooling.strideX)
    case .maximumBackward, .averageBackward: input[0] * input[1] * input[2]
    }
  }

  fileprivate var macros: LaunchMacros {
    [
      "HEIGHT": "\(input[1])", "WIDTH": "\(input[2])", "CHANNELS": "\(input[3])",
      "OUT_HEIGHT": "\(output[1])", "OUT_WIDTH": "\(output[2])", "WINDOW_Y": "\(pooling.height)",
      "WINDOW_X": "\(pooling.width)", "STRIDE_Y": "\(pooling.strideY)",
      "STRIDE_X": "\(pooling.strideX)", "PAD_TOP": "\(pooling.padTop)",
      "PAD_LEFT": "\(pooling.padLeft)", "COUNTS_PADDING": pooling.countsPadding ? "1" : "0",
    ]
  }
}
