import RetortCore

extension Lowering {
  /// Appends the launches of a convolution's weight gradient in the form for CPU devices: sums
  /// over runs of images, and their sum.
  mutating func convolutionWeightGradientVector(
    _ step: Step, _ convolution: ConvolutionStep, _ choice: TuningChoice?
  ) throws {
    guard let gradient = VectorWeightGradient(convolution, device: device, choice: choice) else {
      throw tooLarge(step, convolution)
    }
    let groups = convolution.geometry.groups
    let partial = addWeightSum(
      step, groups: groups, channels: convolution.output[3] / groups,
      weights: gradient.weights, parts: gradient.parts)
    add(
      Launch(
        family: "convolution/convolution_weight_gradient_vector",
        entry: "convolution_weight_gradient_vector", macros: gradient.macros,
        global: [gradient.parts, gradient.panels.ceilDivided(by: gradient.panelsPerItem)],
        local: [1, 1],
        arguments: [
          "x": .buffer(input(step, 0)), "dy": .buffer(input(step, 1)),
          "partial": .buffer(partial.buffer), "units": .int(gradient.units),
          "unitsPerPart": .int(gradient.unitsPerPart),
          "panelsPerItem": .int(gradient.panelsPerItem),
        ], label: step.label))
    add(partial.sum)
  }

  /// Appends the launches of a depthwise convolution's weight gradient for CPU devices.
  mutating func depthwiseWeightGradientVector(
    _ step: Step, _ convolution: ConvolutionStep
  ) throws {
    var forward = convolution
    forward.direction = .forward
    let gather = try gather(step, forward)
    let (height, width) = (convolution.weight[1], convolution.weight[2])
    let parts = min(gather.items, CoreShare.itemsPerCore * max(1, device.computeUnits))
    let unitsPerPart = gather.items.ceilDivided(by: parts)
    let most = min(
      VectorWeightGradient.depthwiseAccumulators, device.registers.accumulators())
    let tileX = min(width, most)
    let tileY = (1...height).last { height % $0 == 0 && $0 * tileX <= most } ?? 1
    var macros: LaunchMacros = [
      "CHANNELS": "\(gather.inputChannels)", "KERNEL_H": "\(height)", "KERNEL_W": "\(width)",
      "TILE_KY": "\(tileY)", "TILE_KX": "\(tileX)", "TILE_X": "\(gather.tileX)",
      "DISTANCE_Y": "\(convolution.geometry.dilationY)",
      "DISTANCE_X": "\(convolution.geometry.dilationX)",
    ]
    macros.append(gather.macros)
    let partial = addWeightSum(
      step, groups: 1, channels: gather.inputChannels, weights: height * width,
      parts: gather.items.ceilDivided(by: unitsPerPart))
    add(
      Launch(
        family: "convolution/depthwise_vector", entry: "depthwise_weight_gradient_vector",
        macros: macros, global: [gather.items.ceilDivided(by: unitsPerPart)], local: [1],
        arguments: [
          "input": .buffer(input(step, 0)), "dy": .buffer(input(step, 1)),
          "partial": .buffer(partial.buffer), "units": .int(gather.items),
          "unitsPerPart": .int(unitsPerPart),
        ], label: step.label))
    add(partial.sum)
  }

  /// Scratch for `parts` partial gradients, and the launch that sums them.
  private mutating func addWeightSum(
    _ step: Step, groups: Int, channels: Int, weights: Int, parts: Int
  ) -> (buffer: BufferReference, sum: Launch) {
    let lanes = channels.roundedUp(toMultipleOf: 16)
    let partial = scratch(byteCount: 4 * parts * groups * weights * lanes)
    let sum = Launch(
      family: "convolution/convolution_weight_sum_vector", entry: "convolution_weight_sum_vector",
      macros: ["GROUPS": "\(groups)", "GROUP_N": "\(channels)", "WEIGHTS": "\(weights)"],
      global: [groups * lanes / 16, weights.ceilDivided(by: 16)], local: [1, 1],
      arguments: [
        "partial": .buffer(partial), "dw": .buffer(output(step)), "parts": .int(parts),
      ], label: step.label, part: "sum of parts")
    return (partial, sum)
  }
}

/// How the vector form cuts a weight gradient: register tile, units of images, parts.
struct VectorWeightGradient {
  /// Weights of one output channel.
  let weights: Int
  /// Images, or bands and strips of one, and how many of them one part sums.
  let units, unitsPerPart, parts: Int
  /// Panels of output channels, and how many of them a work-item takes.
  let panels, panelsPerItem: Int
  /// The kernel's macros.
  let macros: LaunchMacros
  /// The decisions that a choice may make: the register tile, and the parts.
  let decisions: [[TuningChoice]]

  /// Floats of local memory beyond which units are loaded one at a time, and beyond which an image
  /// is cut into bands.
  ///
  /// Chosen by trial; `retort bench kernels --names conv` shows their effect.
  private static let blockLimit = 1 << 15, patchLimit = 1 << 16
  /// Floats of all partial sums, 4 MB, beyond which parts become fewer: adding them takes longer than even
  /// parts save.
  ///
  /// See Benchmarks/NOTES.md, "Winograd's tiles of 4×4 results, F(4×4, 3×3)".
  static let partialLimit = 1 << 20
  /// The limit of parts that only a search takes.
  private static let triedPartialLimit = 4 * partialLimit
  /// Accumulators of the depthwise weight gradient: positions of the kernel at a time.
  ///
  /// Chosen by trial; `retort bench kernels --names conv-dw128_14-weight` shows its effect.
  static let depthwiseAccumulators = 26
  /// The most vectors of channels of a register tile.
  ///
  /// Chosen by trial; `retort bench kernels --names conv` shows its effect.
  private static let mostVectors = 3

  /// Makes the decisions that `choice` does not; nil if even one pixel's inputs exceed local memory.
  init?(_ convolution: ConvolutionStep, device: DeviceLimits, choice: TuningChoice? = nil) {
    let geometry = convolution.geometry
    let (x, y, weight) = (convolution.input, convolution.output, convolution.weight)
    let groups = geometry.groups
    let (inner, outer) = (weight[3], weight[0] / groups)
    let run = groups == 1 && geometry.dilationX == 1 ? weight[2] * inner : inner
    let tiles = Self.tiles(
      kernelHeight: weight[1], run: run, channels: outer, device.registers
    ).decision(choice)
    let tile = tiles.value
    var (band, strip) = (y[1], y[2])
    func patch() -> Int {
      ((band - 1) * geometry.strideY + (weight[1] - 1) * geometry.dilationY + 1)
        * ((strip - 1) * geometry.strideX + (weight[2] - 1) * geometry.dilationX + 1) * x[3]
    }
    // Half of local memory at most.
    let limit = min(Self.patchLimit, device.localMemorySize / 8)
    let cores = max(1, device.computeUnits)
    while band > 1, patch() > limit || x[0] * y[1].ceilDivided(by: band) < 2 * cores {
      band = band.ceilDivided(by: 2)
    }
    while strip > 1, patch() > limit { strip = strip.ceilDivided(by: 2) }
    guard patch() * 4 <= device.localMemorySize else { return nil }

    weights = weight[1] * weight[2] * inner
    units = x[0] * y[1].ceilDivided(by: band) * y[2].ceilDivided(by: strip)
    panels = groups * outer.ceilDivided(by: 16 * tile.vectors)
    let wanted = CoreShare.itemsPerCore * cores
    let sums = weights * outer.roundedUp(toMultipleOf: 16) * groups
    let even = min(units, max(cores, min(wanted, Self.partialLimit / sums)))
    let most = Decision(
      "parts", even,
      or: [even.ceilDivided(by: 2), min(units, 2 * even)].filter {
        $0 <= even || $0 * sums <= Self.triedPartialLimit
      }, choice)
    decisions = [tiles.candidates, most.candidates]
    unitsPerPart = units.ceilDivided(by: most.value)
    parts = units.ceilDivided(by: unitsPerPart)
    panelsPerItem =
      parts >= wanted / 2 ? panels : max(1, panels / wanted.ceilDivided(by: parts))
    let loaded = max(1, min(unitsPerPart, min(Self.blockLimit, limit) / patch()))
    macros = [
      "IN_H": "\(x[1])", "IN_W": "\(x[2])", "IN_C": "\(x[3])", "OUT_H": "\(y[1])",
      "OUT_W": "\(y[2])", "N": "\(y[3])", "KERNEL_H": "\(weight[1])", "KERNEL_W": "\(weight[2])",
      "STRIDE_Y": "\(geometry.strideY)", "STRIDE_X": "\(geometry.strideX)",
      "PAD_Y": "\(geometry.padTop)", "PAD_X": "\(geometry.padLeft)",
      "DILATION_Y": "\(geometry.dilationY)", "DILATION_X": "\(geometry.dilationX)",
      "GROUPS": "\(groups)", "BAND": "\(band)", "STRIP": "\(strip)", "UNITS": "\(loaded)",
      "TILE_KY": "\(tile.rows)", "TILE_J": "\(tile.columns)", "NV": "\(tile.vectors)",
    ]
  }

  private static func tiles(
    kernelHeight: Int, run: Int, channels: Int, _ registers: VectorRegisters
  ) -> TileRanking {
    var ranking = TileRanking(margin: TileRanking.roundingMargin)
    for vectors in 1...min(mostVectors, channels.ceilDivided(by: 16)) {
      let most = registers.accumulators(vectors: vectors) / vectors
      guard most > 0 else { break }
      for columns in 1...min(run, most) {
        let rows =
          columns < run
          ? 1 : (1...kernelHeight).last { kernelHeight % $0 == 0 && $0 * columns <= most } ?? 1
        let tile = RegisterTile(rows: rows, columns: columns, vectors: vectors)
        let tiles = kernelHeight / rows * run.ceilDivided(by: columns)
        let count = tiles * channels.ceilDivided(by: 16 * vectors)
        ranking.add(tile, cost: Double(count) * tile.stepCost(registers))
      }
    }
    return ranking
  }
}
