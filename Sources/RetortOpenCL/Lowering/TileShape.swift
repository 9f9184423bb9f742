import RetortCore

/// How the tiled form cuts a matrix product into work-groups, work-items and splits of K.
struct TileShape: Hashable {
  /// A work-group's block of the result, and the depth that it holds in local memory.
  let m, n, k: Int
  /// The block of a work-item, or of the lanes that share one.
  let itemM, itemN: Int
  /// Work-items that share a block: a warp's, on matrix units.
  var lanes = 1
  /// Multiply-adds per cycle against the largest tile, as reuse from local memory allows.
  ///
  /// Estimates; Benchmarks/results/gpu-h200.md has what an H200 took. `retort bench kernels --names gemm,conv`
  /// shows how far they are off, `retort tune` finds what suits better.
  let efficiency: Double

  /// Work-items of a group.
  var items: Int { m / itemM * (n / itemN) * lanes }

  /// The macros that set the shape in a kernel.
  var macros: LaunchMacros {
    [
      "TILE_M": "\(m)", "TILE_N": "\(n)", "TILE_K": "\(k)", "ITEM_M": "\(itemM)",
      "ITEM_N": "\(itemN)",
    ]
  }

  /// The shapes to choose from, on matrix units or without.
  static func all(on matrix: MatrixUnits?) -> [TileShape] {
    guard let matrix else { return simple }
    return switch matrix.instruction {
    case .mma, .wmma: narrow(matrix.compute)
    case .mfma: wide(matrix.compute)
    case .dpas8, .dpas16: small(lanes: matrix.instruction.lanes)
    }
  }

  /// Shapes that keep every sum in registers; 16 and 32 for results with short sides.
  private static let simple = [
    TileShape(m: 128, n: 128, k: 8, itemM: 8, itemN: 8, efficiency: 1),
    TileShape(m: 64, n: 64, k: 16, itemM: 4, itemN: 4, efficiency: 0.75),
    TileShape(m: 32, n: 32, k: 16, itemM: 4, itemN: 4, efficiency: 0.5),
    TileShape(m: 64, n: 16, k: 16, itemM: 4, itemN: 4, efficiency: 0.45),
    TileShape(m: 16, n: 64, k: 16, itemM: 4, itemN: 4, efficiency: 0.45),
  ]

  /// Shapes that only a search takes.
  static let tried = [
    TileShape(m: 128, n: 128, k: 16, itemM: 8, itemN: 8, efficiency: 1),
    TileShape(m: 128, n: 64, k: 16, itemM: 8, itemN: 4, efficiency: 0.85),
    TileShape(m: 64, n: 128, k: 16, itemM: 4, itemN: 8, efficiency: 0.85),
    TileShape(m: 64, n: 64, k: 32, itemM: 4, itemN: 4, efficiency: 0.75),
  ]

  /// Whether a warp's sums take so many registers that none are left to add others up.
  var isCrowded: Bool { lanes == 64 && itemM * itemN >= 64 * 64 }

  /// The shape as choices write it.
  var parameters: [String: Int] { ["tileM": m, "tileN": n, "tileK": k] }

  // Warps of 32 lanes, of 16 to 64 rows and columns.
  private static func narrow(_ compute: ComputeType) -> [TileShape] {
    [
      (128, 128, 64, 32, 1.0), (64, 64, 32, 32, 0.6), (32, 32, 16, 16, 0.3),
      (64, 16, 32, 16, 0.3), (16, 64, 16, 32, 0.3),
    ].map { warps($0, lanes: 32, compute) }
  }

  // For warps (waves) of 64 lanes. A work-group has at most 256 items, all that AMD's driver allows, and
  // each item copies whole words of a tile.
  private static func wide(_ compute: ComputeType) -> [TileShape] {
    [
      (128, 128, 64, 64, 1.0), (64, 64, 32, 32, 0.6), (32, 32, 16, 32, 0.3),
      (64, 16, 64, 16, 0.3), (16, 64, 16, 64, 0.3),
    ].map { warps($0, lanes: 64, compute) }
  }

  // Sub-groups of 8 or 16 lanes, of so few rows and columns that what they hold fits the 128
  // registers of a thread. None is 16 rows high: its items would be fewer than its columns.
  private static func small(lanes: Int) -> [TileShape] {
    [(128, 64, 32, 1.0), (64, 64, 32, 0.8), (32, 32, 16, 0.4), (64, 16, 16, 0.4)].map {
      (m: Int, n: Int, k: Int, efficiency: Double) in
      TileShape(
        m: m, n: n, k: k, itemM: 2 * lanes, itemN: 16, lanes: lanes, efficiency: efficiency)
    }
  }

  // Tiles of warps are 16 words deep.
  private static func warps(
    _ shape: (m: Int, n: Int, warpM: Int, warpN: Int, efficiency: Double), lanes: Int,
    _ compute: ComputeType
  ) -> TileShape {
    TileShape(
      m: shape.m, n: shape.n, k: compute == .tf32 ? 16 : 32, itemM: shape.warpM,
      itemN: shape.warpN, lanes: lanes, efficiency: shape.efficiency)
  }
}

/// A matrix product as the tiled kernels see it, with the tile and the splits that suit it.
struct TiledProduct {
  /// The shape of one product.
  let m, n, k: Int
  /// How many there are: batch, groups, phases.
  let parts: Int
  let tile: TileShape
  /// The units that multiply; nil for float32.
  let matrix: MatrixUnits?
  /// Parts of K that are summed apart, each at most `chunk` long.
  let splits, chunk: Int
  /// The decisions that a choice may make: the tile, and the splits.
  let decisions: [[TuningChoice]]

  /// Multiply-adds that a compute unit could do while a kernel starts, about 4 µs on an H200.
  ///
  /// This, `tileLatency` and `partialCost` follow launches of training steps timed on an H200, see
  /// Benchmarks/NOTES.md; `retort bench step --profile launches` shows their effect.
  private static let launchCost = 2_000_000.0
  /// Multiply-adds that a compute unit could do while it waits for the next tiles of a and b: a group's
  /// depth costs it that time however small the tile, unless other groups of the unit fill it.
  private static let tileLatency = 65_536.0
  /// Multiply-adds that a compute unit does while it writes and reads back one partial sum.
  private static let partialCost = 64.0
  /// Partial sums of one contraction, 64 MiB, beyond which splitting is not worth the memory.
  private static let partialLimit = 1 << 24
  /// Splits that a search tries.
  private static let triedSplits = 4

  /// Takes the tile and splits of the least estimated time on `device`, or those of `choice`.
  ///
  /// - Parameters:
  ///   - outputs: The elements of the whole result.
  ///   - matrix: The matrix units to run on, if any.
  init(
    m: Int, n: Int, k: Int, parts: Int, outputs: Int, device: DeviceLimits, matrix: MatrixUnits?,
    choice: TuningChoice?
  ) {
    (self.m, self.n, self.k, self.parts, self.matrix) = (m, n, k, parts, matrix)
    let shapes = TileShape.all(on: matrix)
    let units = max(1, device.computeUnits)
    func ranked(_ tile: TileShape) -> [Split] {
      let groups = m.ceilDivided(by: tile.m) * n.ceilDivided(by: tile.n) * parts
      return Split.ranked(
        tile, k: k, groups: groups, outputs: outputs, units: units, rate: matrix?.rate ?? 1)
    }
    func ranked(_ tiles: [TileShape]) -> [TileShape] {
      tiles.filter { $0.items <= device.maxWorkGroupSize }
        .map { (tile: $0, cost: ranked($0)[0].cost) }.sorted { $0.cost < $1.cost }.map(\.tile)
    }
    let known = ranked(shapes)
    let tried = matrix == nil ? ranked(TileShape.tried) : []
    let shape = Decision(
      known.first ?? shapes[shapes.count - 1], known + tried, choice, parameters: \.parameters)
    let tile = shape.value
    let splits = ranked(tile)
    let split = Decision(splits[0], splits, choice, trying: Self.triedSplits) {
      ["splits": $0.count]
    }
    self.tile = tile
    (self.splits, chunk) = (split.value.count, split.value.chunk)
    decisions = [shape.candidates, split.candidates]
  }

  /// The product of a step.
  init(_ matmul: MatmulStep, device: DeviceLimits, matrix: MatrixUnits?, choice: TuningChoice?) {
    self.init(
      m: matmul.m, n: matmul.n, k: matmul.k, parts: matmul.batch,
      outputs: matmul.batch * matmul.m * matmul.n, device: device, matrix: matrix, choice: choice)
  }

  /// One way to split K.
  private struct Split {
    let cost: Double
    let count, chunk: Int

    /// All ways for a tile, the fastest by estimate first; `rate` is that of the units by that of
    /// float32.
    static func ranked(
      _ tile: TileShape, k: Int, groups: Int, outputs: Int, units: Int, rate: Double
    ) -> [Split] {
      var found: [Split] = []
      var wanted = 1
      while wanted == 1
        || (wanted * 4 * tile.k <= k && wanted * outputs <= TiledProduct.partialLimit)
      {
        let chunk =
          wanted == 1 ? max(1, k) : k.ceilDivided(by: wanted).roundedUp(toMultipleOf: tile.k)
        let count = max(1, k.ceilDivided(by: chunk))
        let rounds = (groups * count).ceilDivided(by: units)
        let turns = Double(chunk.ceilDivided(by: tile.k))
        let work = Double(rounds) * Double(tile.m * tile.n * tile.k) / tile.efficiency
        var cost = turns * (work + rate * TiledProduct.tileLatency)
        if count > 1 {
          cost += rate * TiledProduct.launchCost
          cost += rate * Double(count * outputs / units) * TiledProduct.partialCost
        }
        found.append(Split(cost: cost, count: count, chunk: chunk))
        wanted *= 2
      }
      return found.sorted { $0.cost < $1.cost }
    }
  }

  /// The launch's work-items; the last dimension counts parts.
  var global: [Int] {
    [m.ceilDivided(by: tile.m) * n.ceilDivided(by: tile.n) * tile.items, splits, parts]
  }
  /// The launch's work-group.
  var local: [Int] { [tile.items, 1, 1] }

  /// Macros that all tiled kernels share.
  ///
  /// - Parameters:
  ///   - vectorA: Whether a is read four floats at a time.
  ///   - vectorB: Whether b is.
  func macros(vectorA: Bool, vectorB: Bool) -> LaunchMacros {
    var macros = tile.macros
    macros.append([
      "VECTOR_A": vectorA ? "4" : "1", "VECTOR_B": vectorB ? "4" : "1",
      "PARTIAL": splits > 1 ? "1" : "0",
    ])
    if let matrix { macros.append(matrix.macros) }
    return macros
  }
}
