import RetortCore

/// A convolution or its input gradient as the gather that the vector kernels run, and how it is
/// cut into register tiles, bands and strips.
struct VectorGather {
  /// The axis that the 16 lanes of a vector lie along, each with a kernel of its own.
  enum Lanes {
    /// Output channels.
    case channels
    /// Images: for few output channels.
    case images
    /// Channels that are convolved by themselves.
    case depthwise
  }

  let lanes: Lanes
  /// The extents of the gather, and how outputs find inputs along each axis.
  let images, inputChannels, outputChannels, groups: Int
  let y, x: GatherAxis
  /// Whether the weights' outer channels are the gather's inputs.
  let isGradient: Bool
  /// The register tile: pixels, and vectors of 16 channels.
  let tileY, tileX, vectors: Int
  /// The decisions that a choice may make: lanes where there are two ways, the register tile, the band.
  private(set) var decisions: [[TuningChoice]]
  /// Rows and columns of a phase for one work-item.
  private(set) var band, strip: Int
  /// Whether the input is read in place.
  let isDirect: Bool

  /// Work-items per core that even out what one of them loses to other programs.
  ///
  /// Chosen by trial; `retort bench kernels --names conv` shows its effect.
  private static let itemsPerCore = 4
  /// Floats of local memory beyond which a band no longer stays near its core; of bands of 16 images,
  /// twice as many.
  ///
  /// Chosen by trial; `retort bench kernels --names conv` shows its effect.
  private static let patchLimit = 1 << 16

  /// Makes the decisions that `choice` does not; nil if even one tile's inputs exceed local memory.
  init?(_ convolution: ConvolutionStep, device: DeviceLimits, choice: TuningChoice? = nil) {
    let geometry = convolution.geometry
    let (from, to) = (convolution.input, convolution.output)
    isGradient = convolution.direction == .inputGradient
    images = from[0]
    groups = geometry.groups
    inputChannels = isGradient ? to[3] : from[3]
    outputChannels = isGradient ? from[3] : to[3]
    y = Self.axis(
      isGradient, from[1], to[1], convolution.weight[1], geometry.strideY, geometry.padTop,
      geometry.dilationY)
    x = Self.axis(
      isGradient, from[2], to[2], convolution.weight[2], geometry.strideX, geometry.padLeft,
      geometry.dilationX)
    let imageTiles = Self.imageTiles(y, x, inputChannels, outputChannels, device)
    let kinds = Self.lanes(convolution, outputChannels, imageTiles, choice)
    lanes = kinds.value
    let tile = Self.tiles(
      lanes, y, x, outputChannels / groups, ofImages: imageTiles, device.registers
    ).decision(choice)
    (tileY, tileX, vectors) = (tile.value.rows, tile.value.columns, tile.value.vectors)
    isDirect =
      lanes == .channels && y.staysInside && x.staysInside
      && Self.divides(tileY, y) && Self.divides(tileX, x)
    let (rows, columns) = (
      y.count.roundedUp(toMultipleOf: tileY), x.count.roundedUp(toMultipleOf: tileX)
    )
    (band, strip, decisions) = (rows, columns, [])
    cut(device)
    let (even, tileY) = (band, tileY)
    let bands = Decision(
      "band", even,
      or: [even.ceilDivided(by: 2).roundedUp(toMultipleOf: tileY), min(2 * even, rows)].filter {
        fits($0, device)
      },
      choice)
    band = bands.value
    decisions = [kinds.candidates, tile.candidates, bands.candidates]
    guard fits(band, device) else { return nil }
  }

  private static func axis(
    _ isGradient: Bool, _ from: Int, _ to: Int, _ kernel: Int, _ stride: Int, _ padding: Int,
    _ dilation: Int
  ) -> GatherAxis {
    isGradient
      ? GatherAxis(
        gradientOf: from, input: to, kernel: kernel, stride: stride, padding: padding,
        dilation: dilation)
      : GatherAxis(
        input: from, output: to, kernel: kernel, stride: stride, padding: padding,
        dilation: dilation)
  }

  // MARK: Tiles

  /// The most accumulators of a tile of vectors of images, fewer than 32 registers would hold.
  ///
  /// Chosen by trial; `retort bench step --models lenet5 --profile` shows its effect.
  private static let imageAccumulators = 24
  /// Pixels of a depthwise tile; with 14, which registers would hold, it took twice the time.
  ///
  /// See Benchmarks/NOTES.md, "Depthwise tiles of at most 8 pixels, distances known to the compiler".
  private static let depthwisePixels = 8
  /// Pixels of other depthwise tiles, which only a search takes.
  private static let triedDepthwisePixels = [14, 10, 4]
  /// The time of a tile's row or column beside its taps, in taps.
  ///
  /// Chosen by trial; `retort bench kernels --names conv` shows its effect.
  private static let tileOverhead = 0.05
  /// The time of a multiply-add by vectors of images, in those by vectors of channels.
  ///
  /// Chosen by trial; `retort bench step --models lenet5 --profile` shows its effect. For the gain
  /// by lanes of images see Benchmarks/NOTES.md, "Convolutions of few output channels with images as lanes".
  private static let imageProductCost = 1.15
  /// The time to load a vector of 16 images, in multiply-adds: fewer channels than this wait for loads.
  ///
  /// Chosen by trial; `retort bench step --models lenet5 --profile` shows its effect.
  private static let imageLoadCost = 2.2

  private static func lanes(
    _ convolution: ConvolutionStep, _ channels: Int, _ tiles: TileRanking, _ choice: TuningChoice?
  ) -> Decision<Lanes> {
    if convolution.isDepthwise { return Decision(.depthwise, [], choice) { _ in [:] } }
    guard convolution.geometry.groups == 1, channels < 16, !tiles.isEmpty else {
      return Decision(.channels, [], choice) { _ in [:] }
    }
    let isLess = prefersImages(convolution.input[0], channels)
    return Decision(isLess ? .images : .channels, [.images, .channels], choice) {
      ["images": $0 == .images ? 1 : 0]
    }
  }

  /// Whether vectors of images take less time than vectors of channels, by multiply-adds for one pixel,
  /// input channel and tap of all images.
  private static func prefersImages(_ images: Int, _ channels: Int) -> Bool {
    imageProductCost * Double(images.roundedUp(toMultipleOf: 16))
      * max(Double(channels), imageLoadCost)
      < Double(16 * images)
  }

  /// The tiles of vectors of images whose window local memory holds.
  private static func imageTiles(
    _ y: GatherAxis, _ x: GatherAxis, _ inputChannels: Int, _ channels: Int, _ device: DeviceLimits
  ) -> TileRanking {
    var ranking = TileRanking(margin: TileRanking.roundingMargin)
    let most = min(imageAccumulators, device.registers.accumulators())
    guard channels < 16, channels <= most else { return ranking }
    for tileY in 1...min(y.count, most / channels) {
      for tileX in 1...min(x.count, most / channels / tileY) {
        let tile = RegisterTile(rows: tileY, columns: tileX)
        let window = imageWindow(y, x, inputChannels, channels, tile, band: tileY, strip: tileX)
        guard 4 * window <= device.localMemorySize else { continue }
        let step = RegisterTile(rows: tileY, columns: tileX, vectors: channels)
          .stepCost(device.registers)
        ranking.add(
          tile,
          cost: y.work(tile: tileY, overhead: tileOverhead)
            * x.work(tile: tileX, overhead: tileOverhead) * step)
      }
    }
    return ranking
  }

  /// Floats of local memory of 16 images: a window, and the results of a row of tiles.
  private static func imageWindow(
    _ y: GatherAxis, _ x: GatherAxis, _ inputChannels: Int, _ channels: Int, _ tile: RegisterTile,
    band: Int, strip: Int
  ) -> Int {
    let window = y.reach(band) * x.reach(strip) * inputChannels
    return 16 * (window + tile.rows * strip * x.phases.count * channels + 30)
  }

  private static func evenTile(_ extent: Int, _ most: Int) -> Int {
    extent.ceilDivided(by: extent.ceilDivided(by: most))
  }

  private static func divides(_ tile: Int, _ axis: GatherAxis) -> Bool {
    axis.phases.indices.allSatisfy { axis.count(ofPhase: $0) % tile == 0 }
  }

  private static func tiles(
    _ lanes: Lanes, _ y: GatherAxis, _ x: GatherAxis, _ channels: Int, ofImages: TileRanking,
    _ registers: VectorRegisters
  ) -> TileRanking {
    var ranking = TileRanking(margin: TileRanking.roundingMargin)
    switch lanes {
    case .images: return ofImages
    case .depthwise:
      // The first is the default, in this order.
      let pixels = min(depthwisePixels, registers.count - 1)
      for (rank, most) in ([pixels] + triedDepthwisePixels).enumerated() {
        ranking.add(RegisterTile(columns: evenTile(x.count, most)), cost: Double(rank + 1))
      }
    case .channels:
      for vectors in 1...min(4, channels.ceilDivided(by: 16)) {
        let most = registers.accumulators(vectors: vectors) / vectors
        guard most > 0 else { break }
        for tileY in 1...min(y.count, most) {
          let rows = y.work(tile: tileY, overhead: tileOverhead)
          for tileX in 1...min(x.count, most / tileY) {
            let tile = RegisterTile(rows: tileY, columns: tileX, vectors: vectors)
            let tiles = channels.ceilDivided(by: 16 * vectors) * x.count.ceilDivided(by: tileX)
            ranking.add(tile, cost: Double(tiles) * rows * tile.stepCost(registers))
          }
        }
      }
    }
    return ranking
  }

  // MARK: Work-items

  /// Floats of the padded window of a work-item of `band` rows.
  private func patch(_ band: Int) -> Int {
    guard lanes == .images else { return y.reach(band) * x.reach(strip) * inputChannels }
    return Self.imageWindow(
      y, x, inputChannels, outputChannels, RegisterTile(rows: tileY, columns: tileX), band: band,
      strip: strip)
  }

  private func fits(_ band: Int, _ device: DeviceLimits) -> Bool {
    isDirect || (patch(band) + 16) * 4 <= device.localMemorySize
  }

  /// Makes bands and strips small enough for local memory and many enough for the cores.
  private mutating func cut(_ device: DeviceLimits) {
    // Half of local memory at most.
    let limit = min(
      lanes == .images ? 2 * Self.patchLimit : Self.patchLimit, device.localMemorySize / 8)
    let wanted = Self.itemsPerCore * max(1, device.computeUnits)
    while band > tileY,
      !isDirect && patch(band) > limit || blocks * y.count.ceilDivided(by: band) < wanted
    {
      band = band.ceilDivided(by: 2).roundedUp(toMultipleOf: tileY)
    }
    while !isDirect, strip > tileX, patch(band) > limit {
      strip = strip.ceilDivided(by: 2).roundedUp(toMultipleOf: tileX)
    }
  }

  /// Work-items along images: one for each, or for each vector of them.
  private var blocks: Int { lanes == .images ? images.ceilDivided(by: 16) : images }
  /// Work-items over pixels.
  var items: Int { blocks * y.count.ceilDivided(by: band) * x.count.ceilDivided(by: strip) }
  /// Panels of output channels, of all groups.
  var panels: Int { groups * (outputChannels / groups).ceilDivided(by: 16 * vectors) }
  /// Panels of one work-item: all, unless there are too few pixels for the cores.
  func panelsPerItem(_ device: DeviceLimits) -> Int {
    let wanted = Self.itemsPerCore * max(1, device.computeUnits)
    return items >= wanted ? panels : max(1, panels / wanted.ceilDivided(by: items))
  }

  // MARK: Launches

  /// Kernel positions in the order of packed taps.
  private var tapOrder: [Int] {
    y.phases.flatMap { phaseY in
      x.phases.flatMap { phaseX in
        phaseY.kernel.flatMap { row in phaseX.kernel.map { row * kernelWidth + $0 } }
      }
    }
  }
  private var kernelWidth: Int { x.phases.reduce(0) { $0 + $1.kernel.count } }
  private var taps: Int { y.phases.reduce(0) { $0 + $1.kernel.count } * kernelWidth }

  /// The macros that every gather kernel takes.
  var macros: LaunchMacros {
    var macros: LaunchMacros = [
      "IN_H": "\(y.input)", "IN_W": "\(x.input)", "OUT_H": "\(y.output)", "OUT_W": "\(x.output)",
      "TAPS": "\(taps)", "BAND": "\(band)", "STRIP": "\(strip)",
    ]
    macros.append(y.macros("Y"))
    macros.append(x.macros("X"))
    return macros
  }

  /// Floats of the packed weights.
  var packedCount: Int {
    lanes == .depthwise
      ? taps * inputChannels.roundedUp(toMultipleOf: 16)
      : panels * taps * inputChannels / groups * 16 * vectors
  }

  /// The launch that packs `weight` for the gather.
  func pack(
    _ weight: BufferReference, into packed: BufferReference, label: String
  ) -> Launch {
    let isDepthwise = lanes == .depthwise
    let (inner, outer) =
      isDepthwise ? (1, inputChannels) : (inputChannels / groups, outputChannels / groups)
    return Launch(
      family: "convolution/convolution_pack_vector", entry: "convolution_pack_vector",
      macros: [
        "GROUP_C": "\(inner)", "GROUP_N": "\(outer)",
        "GRADIENT": isGradient && !isDepthwise ? "1" : "0", "NV": "\(vectors)",
        "TAPS": "\(taps)", "TAP_ORDER": "{\(tapOrder.map(String.init).joined(separator: ", "))}",
      ],
      global: [isDepthwise ? outer.ceilDivided(by: 16) : panels, taps], local: [1, 1],
      arguments: ["weight": .buffer(weight), "packed": .buffer(packed)],
      label: label, part: "pack weights")
  }
}
