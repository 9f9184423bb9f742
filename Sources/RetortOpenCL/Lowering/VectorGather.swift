import RetortCore

/// A convolution or its input gradient as the gather that the vector kernels run, and how it is
/// cut into register tiles, bands and strips.
struct VectorGather {
  /// What the 16 lanes of a vector are, each by a kernel of its own.
  enum Lanes {
    /// Output channels.
    case channels
    /// Neighbouring pixels of one row: for few output channels.
    case pixels
    /// Channels that are convolved by themselves.
    case depthwise
  }

  let lanes: Lanes
  /// What is gathered: shapes of one image and how outputs find inputs.
  let images, inputChannels, outputChannels, groups: Int
  let y, x: GatherAxis
  /// Whether the weights' outer channels are the gather's inputs.
  let isGradient: Bool
  /// The register tile: pixels, and vectors of 16 channels.
  let tileY, tileX, vectors: Int
  /// Rows and columns of a phase for one work-item.
  private(set) var band, strip: Int
  /// Whether the input is read in place.
  let isDirect: Bool

  private static let itemsPerCore = 4
  /// Floats of local memory beyond which a band no longer stays near its core.
  private static let patchLimit = 1 << 16

  /// Plans the gather of `convolution`; nil if even one tile's inputs exceed local memory.
  init?(_ convolution: ConvolutionStep, device: DeviceLimits) {
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
    if convolution.isDepthwise {
      lanes = .depthwise
      (tileY, tileX, vectors) = (1, Self.evenTile(x.count, Self.depthwisePixels), 1)
    } else if groups == 1, Self.prefersPixels(x, outputChannels) {
      lanes = .pixels
      tileY = Self.evenTile(y.count, Self.pixelAccumulators / outputChannels)
      (tileX, vectors) = (16, 1)
    } else {
      lanes = .channels
      (tileY, tileX, vectors) = Self.tile(y, x, outputChannels / groups)
    }
    isDirect =
      lanes == .channels && y.staysInside && x.staysInside
      && Self.divides(tileY, y) && Self.divides(tileX, x)
    band = y.count.rounded(upTo: tileY)
    strip = x.count.rounded(upTo: tileX)
    guard cut(device) else { return nil }
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

  private static let pixelAccumulators = 24
  /// Pixels of a depthwise tile; with 14, which registers would hold, it took twice the time.
  private static let depthwisePixels = 8

  /// Whether vectors of pixels waste less than vectors of channels: multiply-adds per row, input
  /// channel and tap, at least the time to load the pixels.
  private static func prefersPixels(_ x: GatherAxis, _ channels: Int) -> Bool {
    guard x.step == 1, channels < 16 else { return false }
    return 1.15 * Double(x.count.pieces(of: 16)) * max(Double(channels), 2.2) < Double(x.count)
  }

  private static func evenTile(_ extent: Int, _ most: Int) -> Int {
    extent.pieces(of: extent.pieces(of: most))
  }

  private static func divides(_ tile: Int, _ axis: GatherAxis) -> Bool {
    axis.phases.indices.allSatisfy { axis.count(ofPhase: $0) % tile == 0 }
  }

  /// The register tile of the least estimated time: multiply-adds, at least as many as hide their
  /// own latency, and the loads beside them.
  private static func tile(
    _ y: GatherAxis, _ x: GatherAxis, _ channels: Int
  ) -> (y: Int, x: Int, vectors: Int) {
    var best = (cost: Double.infinity, y: 1, x: 1, vectors: 1)
    for vectors in 1...min(4, channels.pieces(of: 16)) {
      let most = VectorProduct.accumulators / vectors
      for tileY in 1...min(y.count, most) {
        let rows = y.work(tile: tileY, overhead: 0.05)
        for tileX in 1...min(x.count, most / tileY) {
          let pixels = tileY * tileX
          let step = Double(max(pixels * vectors, 8)) + 0.15 * Double(pixels + vectors)
          let tiles = channels.pieces(of: 16 * vectors) * x.count.pieces(of: tileX)
          let cost = Double(tiles) * rows * step
          if cost < best.cost * 0.999 { best = (cost, tileY, tileX, vectors) }
        }
      }
    }
    return (best.y, best.x, best.vectors)
  }

  // MARK: Work-items

  /// Floats of a work-item's padded window.
  private var patch: Int {
    let pixels = y.reach(band) * x.reach(strip)
    return (lanes == .pixels ? pixels + 16 : pixels) * inputChannels
  }

  /// Makes bands and strips small enough for local memory and many enough for the cores.
  private mutating func cut(_ device: DeviceLimits) -> Bool {
    let limit = min(Self.patchLimit, device.localMemorySize / 8)
    let wanted = Self.itemsPerCore * max(1, device.computeUnits)
    while band > tileY, !isDirect && patch > limit || images * y.count.pieces(of: band) < wanted {
      band = band.pieces(of: 2).rounded(upTo: tileY)
    }
    while !isDirect, strip > tileX, patch > limit {
      strip = strip.pieces(of: 2).rounded(upTo: tileX)
    }
    return isDirect || (patch + 16) * 4 <= device.localMemorySize
  }

  /// Work-items over pixels.
  var items: Int { images * y.count.pieces(of: band) * x.count.pieces(of: strip) }
  /// Panels of output channels, of all groups.
  var panels: Int { groups * (outputChannels / groups).pieces(of: 16 * vectors) }
  /// Panels of one work-item: all, unless there are too few pixels for the cores.
  func panelsPerItem(_ device: DeviceLimits) -> Int {
    let wanted = Self.itemsPerCore * max(1, device.computeUnits)
    return items >= wanted ? panels : max(1, panels / wanted.pieces(of: items))
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
      ? taps * inputChannels.rounded(upTo: 16)
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
      global: [isDepthwise ? outer.pieces(of: 16) : panels, taps], local: [1, 1],
      arguments: ["weight": .buffer(weight), "packed": .buffer(packed)],
      label: label, part: "pack weights")
  }
}
