import RetortCore

extension Lowering {
  /// Appends the launches of a convolution or its input gradient in the form for CPU devices: the
  /// packing of the weights, and the gather.
  mutating func convolutionVector(_ step: Step, _ convolution: ConvolutionStep) throws {
    let gather = try gather(step, convolution)
    let panels = gather.panelsPerItem(device)
    var macros: LaunchMacros = [
      "IN_C": "\(gather.inputChannels)", "N": "\(gather.outputChannels)",
      "GROUPS": "\(gather.groups)", "TILE_Y": "\(gather.tileY)", "NV": "\(gather.vectors)",
      "DIRECT": gather.isDirect ? "1" : "0",
    ]
    macros.append(gather.macros)
    addGather(
      step, convolution, gather, family: "convolution_vector", entry: "convolution_vector", macros,
      global: [gather.items, gather.panels.pieces(of: panels)],
      arguments: ["panelsPerItem": .int(panels)])
  }

  /// Appends the launches of a depthwise convolution or its input gradient for CPU devices.
  mutating func depthwiseVector(_ step: Step, _ convolution: ConvolutionStep) throws {
    let gather = try gather(step, convolution)
    var macros: LaunchMacros = ["CHANNELS": "\(gather.inputChannels)"]
    macros.append(gather.macros)
    addGather(
      step, convolution, gather, family: "depthwise_vector", entry: "depthwise_vector", macros,
      global: [gather.items], arguments: [:])
  }

  /// Plans a gather.
  ///
  /// - Throws: `BackendError.unsupported` when one row of taps does not fit in local memory.
  func gather(_ step: Step, _ convolution: ConvolutionStep) throws -> VectorGather {
    guard let gather = VectorGather(convolution, device: device) else {
      throw unsupported(
        step,
        "the inputs of one output pixel of \(convolution.input) exceed the device's "
          + "\(device.localMemorySize) bytes of local memory")
    }
    return gather
  }

  private mutating func addGather(
    _ step: Step, _ convolution: ConvolutionStep, _ gather: VectorGather, family: String,
    entry: String, _ macros: LaunchMacros, global: [Int], arguments extra: LaunchArguments
  ) {
    let isDepthwise = convolution.isDepthwise
    let packed = scratch(byteCount: 4 * gather.packedCount(isDepthwise: isDepthwise))
    add(
      gather.pack(input(step, 1), into: packed, isDepthwise: isDepthwise, label: step.label))
    let store = StoreEpilogue(
      convolution.epilogue, operands: step.inputs.indices.dropFirst(2).map { input(step, $0) },
      results: step.outputs.indices.map { output(step, $0) })
    var arguments: LaunchArguments = [
      "input": .buffer(input(step, 0)), "packed": .buffer(packed), "c": .buffer(output(step)),
    ]
    arguments.append(extra)
    arguments.append(store.arguments)
    add(
      Launch(
        family: "convolution/\(family)", entry: entry, macros: macros, generated: store.text,
        global: global, local: Array(repeating: 1, count: global.count), arguments: arguments,
        label: step.label))
  }
}
