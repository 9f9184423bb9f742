import RetortCore

extension Lowering {
  /// Appends the launches of a convolution or its input gradient by Winograd's algorithm: the
  /// transformation of the weights, and the tiles.
  mutating func winogradVector(
    _ step: Step, _ convolution: ConvolutionStep, _ winograd: VectorWinograd
  ) {
    let weight = input(step, 1)
    let byteCount = 4 * 16 * winograd.inputChannels * winograd.outputChannels
    let packed = packed(step, byteCount: byteCount) {
      Launch(
        family: "convolution/winograd_weights_vector", entry: "winograd_pack_vector",
        macros: winograd.weightMacros(isGradient: convolution.direction == .inputGradient),
        global: winograd.weightBlocks, local: [1, 1],
        arguments: ["weight": .buffer(weight), "packed": .buffer($0)],
        label: step.label, part: "transform weights")
    }
    let store = StoreEpilogue(
      convolution.epilogue, operands: step.inputs.indices.dropFirst(2).map { input(step, $0) },
      results: step.outputs.indices.map { output(step, $0) })
    var macros = winograd.macros
    macros.append("TILES", "\(winograd.tiles)")
    var arguments: LaunchArguments = [
      "input": .buffer(input(step, 0)), "packed": .buffer(packed), "c": .buffer(output(step)),
    ]
    arguments.append(store.arguments)
    add(
      Launch(
        family: "convolution/winograd_vector", entry: "winograd_vector", macros: macros,
        generated: store.text, global: [winograd.units], local: [1], arguments: arguments,
        label: step.label))
  }

  /// Appends the launches of a convolution's weight gradient by Winograd's algorithm: sums over
  /// runs of images at the 16 positions, and the transformation of their sum.
  mutating func winogradWeightGradientVector(_ step: Step, _ winograd: VectorWinograd) {
    let cores = max(1, device.computeUnits)
    let unitsPerPart = winograd.units.pieces(of: VectorProduct.itemsPerCore * cores)
    let parts = winograd.units.pieces(of: unitsPerPart)
    let partial = scratch(
      byteCount: 4 * 16 * parts * winograd.inputChannels * winograd.outputChannels)
    var macros = winograd.macros
    macros.append("UNITS", "\(min(winograd.unitsAtATime, unitsPerPart))")
    add(
      Launch(
        family: "convolution/winograd_weight_gradient_vector",
        entry: "winograd_weight_gradient_vector", macros: macros, global: [parts], local: [1],
        arguments: [
          "x": .buffer(input(step, 0)), "dy": .buffer(input(step, 1)),
          "partial": .buffer(partial), "units": .int(winograd.units),
          "unitsPerPart": .int(unitsPerPart),
        ], label: step.label))
    add(
      Launch(
        family: "convolution/winograd_weights_vector", entry: "winograd_weight_sum_vector",
        macros: winograd.weightMacros(), global: winograd.weightBlocks, local: [1, 1],
        arguments: [
          "partial": .buffer(partial), "dw": .buffer(output(step)), "parts": .int(parts),
        ], label: step.label, part: "sum of parts"))
  }
}

/// How the vector form cuts a 3×3 convolution of stride 1 into tiles of F(2×2, 3×3).
struct VectorWinograd {
  /// Channels of the gather, which for the input gradient are the convolution's out and in.
  let inputChannels, outputChannels: Int
  /// Bands of all images.
  let units: Int
  /// The register tile: tiles, and vectors of 16 channels.
  let tiles, vectors: Int
  /// Units that the weight gradient transforms before it multiplies.
  let unitsAtATime: Int
  /// Shapes, padding, band and vectors.
  let macros: LaunchMacros

  /// Floats of local memory: of transformed inputs and products, and of transformed inputs and
  /// gradients.
  private static let unitLimit = 1 << 14, gradientLimit = 3 << 14

  /// Tiles of a register tile; more were slower, though registers would hold them.
  private static let tileLimit = 8

  /// Plans the tiles; nil where other kernels suit the convolution better.
  init?(_ convolution: ConvolutionStep, device: DeviceLimits) {
    let geometry = convolution.geometry
    let isGradient = convolution.direction == .inputGradient
    let (from, to) =
      isGradient
      ? (convolution.output, convolution.input) : (convolution.input, convolution.output)
    let padY = isGradient ? 2 - geometry.padTop : geometry.padTop
    let padX = isGradient ? 2 - geometry.padLeft : geometry.padLeft
    guard convolution.weight[1] == 3, convolution.weight[2] == 3, geometry.groups == 1,
      geometry.strideY == 1, geometry.strideX == 1, geometry.dilationY == 1,
      geometry.dilationX == 1, (0...2).contains(padY), (0...2).contains(padX),
      from[0] > 0, from[3] > 0, to[3] > 0, from[3] % 16 == 0, to[3] % 16 == 0
    else { return nil }
    let (rows, columns) = (to[1].pieces(of: 2), to[2].pieces(of: 2))
    // 16 products a tile, and the transformations, against 9 a pixel of which some are outside.
    guard Double(16 * rows * columns) * 1.25 < Double(9 * to[1] * to[2]) * 0.9 else { return nil }

    (inputChannels, outputChannels) = (from[3], to[3])
    vectors = to[3] % 32 == 0 ? 2 : 1
    let channels = from[3] + 16 * vectors
    let wanted = VectorProduct.itemsPerCore * max(1, device.computeUnits)
    let limit = min(Self.unitLimit, device.localMemorySize / 4)
    var bands = 1
    while rows.pieces(of: bands) > 1,
      16 * rows.pieces(of: bands) * columns * channels > limit || from[0] * bands < wanted
    {
      bands += 1
    }
    let band = rows.pieces(of: bands)
    bands = rows.pieces(of: band)
    guard 4 * 16 * (band * columns * channels + 32) <= device.localMemorySize else { return nil }
    let least = (rows - (bands - 1) * band) * columns
    tiles = (band * columns).pieces(of: (band * columns).pieces(of: min(Self.tileLimit, least)))
    units = from[0] * bands
    unitsAtATime = max(
      1,
      min(Self.gradientLimit, device.localMemorySize / 4 - 1024)
        / (16 * band * columns * (from[3] + to[3])))
    macros = [
      "IN_H": "\(from[1])", "IN_W": "\(from[2])", "IN_C": "\(from[3])", "OUT_H": "\(to[1])",
      "OUT_W": "\(to[2])", "N": "\(to[3])", "PAD_Y": "\(padY)", "PAD_X": "\(padX)",
      "BAND": "\(band)", "NV": "\(vectors)",
    ]
  }

  /// Macros of the kernels that transform weights and their gradient.
  func weightMacros(isGradient: Bool = false) -> LaunchMacros {
    [
      "C": "\(inputChannels)", "N": "\(outputChannels)", "NV": "\(vectors)",
      "GRADIENT": isGradient ? "1" : "0",
    ]
  }
  /// Their work-items.
  var weightBlocks: [Int] { [outputChannels / 16, inputChannels / 16] }
}
