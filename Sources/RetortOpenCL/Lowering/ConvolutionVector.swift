import RetortCore

extension Lowering {
  /// Appends the launches of a convolution or its input gradient in the form for CPU devices: the
  /// packing of the weights, and the gather.
  mutating func convolutionVector(
    _ analysis: StepAnalysis, _ convolution: ConvolutionStep, _ choice: TuningChoice?
  ) throws {
    let gather = try gather(analysis.step, convolution, choice)
    switch gather.lanes {
    case .depthwise:
      addGather(
        analysis, convolution, gather, "depthwise_vector",
        macros: ["CHANNELS": "\(gather.inputChannels)", "TILE_X": "\(gather.tileX)"],
        global: [gather.items])
    case .images:
      addGather(
        analysis, convolution, gather, "convolution_narrow_vector",
        macros: [
          "IN_C": "\(gather.inputChannels)", "N": "\(gather.outputChannels)",
          "IMAGES": "\(gather.images)", "TILE_Y": "\(gather.tileY)", "TILE_X": "\(gather.tileX)",
        ], global: [gather.items])
    case .channels:
      let panels = gather.panelsPerItem(device)
      addGather(
        analysis, convolution, gather, "convolution_vector",
        macros: [
          "IN_C": "\(gather.inputChannels)", "N": "\(gather.outputChannels)",
          "GROUPS": "\(gather.groups)", "TILE_Y": "\(gather.tileY)",
          "TILE_X": "\(gather.tileX)", "NV": "\(gather.vectors)",
          "DIRECT": gather.isDirect ? "1" : "0",
        ], global: [gather.items, gather.panels.ceilDivided(by: panels)],
        arguments: ["panelsPerItem": .int(panels)])
    }
  }

  /// Plans a gather.
  ///
  /// - Throws: `BackendError.unsupported` when one row of taps does not fit in local memory.
  func gather(
    _ step: Step, _ convolution: ConvolutionStep, _ choice: TuningChoice? = nil
  ) throws -> VectorGather {
    guard let gather = VectorGather(convolution, device: device, choice: choice) else {
      throw tooLarge(step, convolution)
    }
    return gather
  }

  /// The inputs of a single output do not fit in local memory.
  func tooLarge(_ step: Step, _ convolution: ConvolutionStep) -> BackendError {
    unsupported(
      step,
      "the inputs of one output pixel of \(convolution.input) exceed the device's "
        + "\(device.localMemorySize) bytes of local memory")
  }

  /// Appends the packing of the weights and the kernel `name` of the file of that name.
  private mutating func addGather(
    _ analysis: StepAnalysis, _ convolution: ConvolutionStep, _ gather: VectorGather,
    _ name: String, macros: LaunchMacros, global: [Int], arguments extra: LaunchArguments = [:]
  ) {
    let step = analysis.step
    let weight = input(step, 1)
    let packed = packed(analysis, byteCount: 4 * gather.packedCount) {
      gather.pack(weight, into: $0, label: step.label)
    }
    let store = vectorStore(step, convolution.epilogue)
    var macros = macros
    macros.append(gather.macros)
    var arguments: LaunchArguments = [
      "input": .buffer(input(step, 0)), "packed": .buffer(packed), "c": .buffer(output(step)),
    ]
    arguments.append(extra)
    arguments.append(store.arguments)
    add(
      Launch(
        family: "convolution/\(name)", entry: name, macros: macros, generated: store.text,
        global: global, local: Array(repeating: 1, count: global.count), arguments: arguments,
        label: step.label))
  }
}
