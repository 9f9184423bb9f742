import RetortCore

extension Lowering {
  /// Appends the launches of a convolution or its input gradient by Winograd's algorithm: the
  /// transformation of the weights, and the tiles.
  mutating func winogradVector(
    _ analysis: StepAnalysis, _ convolution: ConvolutionStep, _ winograd: VectorWinograd
  ) {
    let step = analysis.step
    let weight = input(step, 1)
    let byteCount =
      4 * winograd.grid.positions * winograd.inputChannels * winograd.outputChannels
    let packed = packed(analysis, byteCount: byteCount) {
      Launch(
        family: "convolution/winograd_weights_vector", entry: "winograd_pack_vector",
        macros: winograd.weightMacros(isGradient: convolution.direction == .inputGradient),
        global: winograd.weightBlocks, local: [1, 1],
        arguments: ["weight": .buffer(weight), "packed": .buffer($0)],
        label: step.label, part: "transform weights")
    }
    let store = vectorStore(step, convolution.epilogue)
    var macros = winograd.macros
    macros.append(["TILES": "\(winograd.tiles)", "IMAGES": "\(winograd.images)"])
    var arguments: LaunchArguments = [
      "input": .buffer(input(step, 0)), "packed": .buffer(packed), "c": .buffer(output(step)),
    ]
    arguments.append(store.arguments)
    add(
      Launch(
        family: "convolution/winograd_vector", entry: "winograd_vector", macros: macros,
        generated: store.text, global: [winograd.units / winograd.images], local: [1],
        arguments: arguments,
        label: step.label))
  }

  /// Appends the launches of a convolution's weight gradient by Winograd's algorithm: sums over
  /// runs of images at each position, and the transformation of their sum.
  mutating func winogradWeightGradientVector(_ step: Step, _ winograd: VectorWinograd) {
    let cores = max(1, device.computeUnits)
    let partCount = winograd.grid.positions * winograd.inputChannels * winograd.outputChannels
    let partsPerCore = max(
      1, min(CoreShare.itemsPerCore, VectorWeightGradient.partialLimit / partCount / cores))
    let unitsPerPart = winograd.units.ceilDivided(by: partsPerCore * cores)
    let parts = winograd.units.ceilDivided(by: unitsPerPart)
    let partial = scratch(byteCount: 4 * parts * partCount)
    var macros = winograd.macros
    macros.append("UNITS", "\(min(winograd.unitsAtATime, unitsPerPart))")
    macros.append("CHANNELS", "\(winograd.gradientChannels)")
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

/// How the vector form cuts a 3×3 convolution of stride 1 into tiles of F(M×M, 3×3).
struct VectorWinograd {
  /// Channels of the gather, which for the input gradient are the convolution's out and in.
  let inputChannels, outputChannels: Int
  /// The tiles of an image.
  let grid: WinogradGrid
  /// Bands of all images, and the images that a work-item takes at a time.
  let units, images: Int
  /// The register tile: tiles, and vectors of 16 channels.
  let tiles, vectors: Int
  /// Input channels of the weight gradient's register tile.
  let gradientChannels: Int
  /// Units that the weight gradient transforms before it multiplies.
  let unitsAtATime: Int
  /// Shapes, padding, band and vectors.
  let macros: LaunchMacros
  /// The decisions that a choice may make: vectors, tile rows of a unit, and the register tile or, for the
  /// weight gradient, the units at a time.
  let decisions: [[TuningChoice]]

  /// Floats of local memory: of transformed inputs and products, and of transformed inputs and
  /// gradients.
  ///
  /// Chosen by trial; `retort bench kernels --names conv-c16_32,conv-c64_8` shows their effect, that of the
  /// limit for wide layers `retort bench step --models predict-resnet18 --profile launches`.
  private static let unitLimit = 1 << 14, wideUnitLimit = 1 << 18, gradientLimit = 3 << 14
  /// Bytes of transformed weights that stay near a core.
  private static let nearByteCount = 1 << 20

  /// Tiles of a register tile; with 14, which registers would hold, products were 20 % slower.
  ///
  /// See Benchmarks/NOTES.md, "3×3 convolutions of stride 1 by Winograd's algorithm, F(2×2, 3×3)".
  private static let tileLimit = 8
  /// Register tiles that a search tries.
  private static let triedTiles = [4, 6, 8, 10, 12]

  /// Makes the decisions that `choice` does not; nil where the algorithm does not apply, and where other kernels
  /// suit the convolution better or are chosen.
  init?(_ convolution: ConvolutionStep, device: DeviceLimits, choice: TuningChoice? = nil) {
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
    let (grid, cost) = WinogradGrid.cheapest(from: from, to: to)
    let pays = cost < Double(9 * to[1] * to[2] * from[3] * to[3])
    guard choice?.algorithm == .winograd || pays && choice?.algorithm != .direct else {
      return nil
    }

    (inputChannels, outputChannels) = (from[3], to[3])
    self.grid = grid
    let (rows, columns) = (grid.rows, grid.columns)
    let registers = device.registers
    let isPair = to[3] % 32 == 0 && registers.accumulators(vectors: 2) >= 2 * Self.tileLimit
    let width = Decision("vectors", isPair ? 2 : 1, or: [1], choice)
    vectors = width.value
    let sums = max(1, registers.accumulators(vectors: vectors) / vectors)
    gradientChannels = min(16 / vectors, [16, 8, 4, 2].first { $0 <= sums } ?? 1)
    let channels = from[3] + 16 * vectors
    let wanted = CoreShare.itemsPerCore * max(1, device.computeUnits)
    // Where weights do not stay near a core, each unit reads them from afar, so that a large one pays.
    let isWide = 4 * grid.positions * from[3] * to[3] > Self.nearByteCount
    let limit = min(isWide ? Self.wideUnitLimit : Self.unitLimit, device.localMemorySize / 4)
    var bands = 1
    while rows.ceilDivided(by: bands) > 1,
      grid.positions * rows.ceilDivided(by: bands) * columns * channels > limit
        || from[0] * bands < wanted
    {
      bands += 1
    }
    func fits(_ tiles: Int, _ channels: Int) -> Bool {
      4 * grid.positions * (tiles * channels + 32) <= device.localMemorySize
    }
    let even = rows.ceilDivided(by: bands)
    let widest = convolution.direction == .weightGradient ? from[3] + to[3] : channels
    let depth = Decision(
      "band", even,
      or: [even.ceilDivided(by: 2), min(rows, 2 * even)].filter { fits($0 * columns, widest) },
      choice)
    let band = depth.value
    bands = rows.ceilDivided(by: band)
    let together = bands == 1 ? grid.images(of: from[0], isWide: isWide) : 1
    images = fits(together * band * columns, channels) ? together : 1
    let unit = images * band * columns
    guard fits(unit, channels) else { return nil }
    units = from[0] * bands
    let least = images * (rows - (bands - 1) * band) * columns
    let mostTiles = min(Self.tileLimit, sums)
    let tile = Decision(
      "tiles", unit.ceilDivided(by: unit.ceilDivided(by: min(mostTiles, least))),
      or: Self.triedTiles.filter { $0 <= least }, choice)
    tiles = tile.value
    let loaded = grid.positions * band * columns * (from[3] + to[3])
    // Each load of units reads and writes all sums.
    let loadLimit = isWide ? Self.wideUnitLimit : Self.gradientLimit
    let most = max(1, min(loadLimit, device.localMemorySize / 4 - 1024) / loaded)
    let load = Decision(
      "units", most,
      or: [most.ceilDivided(by: 2), 2 * most].filter {
        fits($0 * band * columns, from[3] + to[3])
      }, choice)
    unitsAtATime = load.value
    decisions = [
      width.candidates, depth.candidates,
      convolution.direction == .weightGradient ? load.candidates : tile.candidates,
    ]
    macros = [
      "IN_H": "\(from[1])", "IN_W": "\(from[2])", "IN_C": "\(from[3])", "OUT_H": "\(to[1])",
      "OUT_W": "\(to[2])", "N": "\(to[3])", "PAD_Y": "\(padY)", "PAD_X": "\(padX)",
      "M": "\(grid.side)", "BAND": "\(band)", "NV": "\(vectors)",
    ]
  }

  /// Macros of the kernels that transform weights and their gradient.
  func weightMacros(isGradient: Bool = false) -> LaunchMacros {
    [
      "C": "\(inputChannels)", "N": "\(outputChannels)", "NV": "\(vectors)",
      "M": "\(grid.side)", "GRADIENT": isGradient ? "1" : "0",
    ]
  }
  /// Their work-items.
  var weightBlocks: [Int] { [outputChannels / 16, inputChannels / 16] }
}

/// The tiles of one image, each of `side` × `side` results.
struct WinogradGrid {
  /// Results along one side of a tile: 2 or 4.
  let side: Int
  /// Tiles down and across an image.
  let rows, columns: Int

  /// Products of a tile and pair of channels.
  var positions: Int { (side + 2) * (side + 2) }

  /// The time to transform a tile of one channel, in products.
  ///
  /// Measured on PoCL; for the figures of the whole see Benchmarks/NOTES.md, "Winograd's tiles of 4×4 results,
  /// F(4×4, 3×3)", and `retort bench kernels --names conv-c16_32,conv-c32_16,conv-c64_8` shows their effect.
  private var transformCost: Double {
    side == 2 ? Self.transformCosts.side2 : Self.transformCosts.side4
  }
  private static let transformCosts = (side2: 40.0, side4: 135.0)
  /// Tiles that keep the units for products busy, and those that pay for weights from afar.
  ///
  /// Chosen by trial; `retort bench kernels --names conv-c64_8` shows the effect of the first, `retort bench
  /// step --models predict-resnet18 --profile launches` that of the second.
  private static let fewTiles = 4, fewWideTiles = 16

  /// The least number of `images` of a batch that makes enough tiles and divides the batch.
  func images(of batch: Int, isWide: Bool = false) -> Int {
    let few = isWide ? Self.fewWideTiles : Self.fewTiles
    let enough = (1...few).first { $0 * rows * columns >= few }
    guard let enough else { return 1 }
    return (enough...few).first { batch % $0 == 0 } ?? 1
  }

  /// The cheaper grid for a convolution, and its cost in products of an image.
  static func cheapest(from: Shape, to: Shape) -> (WinogradGrid, cost: Double) {
    let grids = [2, 4].map {
      WinogradGrid(side: $0, rows: to[1].ceilDivided(by: $0), columns: to[2].ceilDivided(by: $0))
    }
    let costs = grids.map { grid in
      let tiles = Double(grid.rows * grid.columns)
      let busy = min(1, tiles * Double(grid.images(of: from[0])) / Double(fewTiles))
      return tiles * Double(grid.positions * from[3] * to[3]) / busy
        + tiles * grid.transformCost * Double(from[3] + to[3])
    }
    return costs[1] < costs[0] ? (grids[1], costs[1]) : (grids[0], costs[0])
  }
}
