/// How the tiled form cuts a matrix product into work-groups, work-items and splits of K.
struct TileShape: Hashable {
  /// A work-group's block of the result, and the depth that it holds in local memory.
  let m, n, k: Int
  /// The block of a work-item, or of the lanes that share one.
  let itemM, itemN: Int
  /// Work-items that share a block: a warp's, on matrix units.
  var lanes = 1
  /// Multiply-adds per cycle against the largest tile, as reuse from local memory allows.
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
    return matrix.compute == .tf32 ? tf32 : bf16
  }

  // Shapes that keep every sum in registers; 16 and 32 for results with short sides.
  private static let simple = [
    TileShape(m: 128, n: 128, k: 8, itemM: 8, itemN: 8, efficiency: 1),
    TileShape(m: 64, n: 64, k: 16, itemM: 4, itemN: 4, efficiency: 0.75),
    TileShape(m: 32, n: 32, k: 16, itemM: 4, itemN: 4, efficiency: 0.5),
    TileShape(m: 64, n: 16, k: 16, itemM: 4, itemN: 4, efficiency: 0.45),
    TileShape(m: 16, n: 64, k: 16, itemM: 4, itemN: 4, efficiency: 0.45),
  ]

  // Warps of 16 to 64 rows and columns; the tiles are 16 words deep.
  private static let tf32 = warps(depth: 16)
  private static let bf16 = warps(depth: 32)

  private static func warps(depth: Int) -> [TileShape] {
    [
      (128, 128, 64, 32, 1.0), (64, 64, 32, 32, 0.6), (32, 32, 16, 16, 0.3),
      (64, 16, 32, 16, 0.3), (16, 64, 16, 32, 0.3),
    ].map { (m: Int, n: Int, warpM: Int, warpN: Int, efficiency: Double) in
      TileShape(
        m: m, n: n, k: depth, itemM: warpM, itemN: warpN, lanes: 32, efficiency: efficiency)
    }
  }
}

/// A matrix product as the tiled kernels see it, with the tile and the splits that suit it.
struct TiledProduct {
  /// The shape of one product.
  let m, n, k: Int
  /// How many there are: batch, groups, phases.
  let parts: Int
  let tile: TileShape
  /// What multiplies; nil for float32.
  let matrix: MatrixUnits?
  /// Parts of K that are summed apart, each at most `chunk` long.
  let splits, chunk: Int

  /// Multiply-adds that a compute unit does while a kernel starts, roughly.
  private static let launchCost = 500_000.0
  /// Multiply-adds that a compute unit does while it writes and reads back one partial sum.
  private static let partialCost = 64.0
  /// Partial sums beyond which splitting is not worth the memory.
  private static let partialLimit = 1 << 24

  /// Takes the tile and splits of the least estimated time on `device`.
  ///
  /// - Parameters:
  ///   - outputs: The elements of the whole result.
  ///   - matrix: The matrix units to run on, if any.
  init(m: Int, n: Int, k: Int, parts: Int, outputs: Int, device: DeviceLimits, matrix: MatrixUnits?)
  {
    (self.m, self.n, self.k, self.parts, self.matrix) = (m, n, k, parts, matrix)
    let shapes = TileShape.all(on: matrix)
    let rate = matrix?.rate ?? 1
    let units = max(1, device.computeUnits)
    var best: (cost: Double, tile: TileShape, splits: Int, chunk: Int)?
    for tile in shapes where tile.items <= device.maxWorkGroupSize {
      let groups = Self.divide(m, tile.m) * Self.divide(n, tile.n) * parts
      var wanted = 1
      while wanted == 1 || (wanted * 4 * tile.k <= k && wanted * outputs <= Self.partialLimit) {
        let chunk = wanted == 1 ? max(1, k) : Self.divide(Self.divide(k, wanted), tile.k) * tile.k
        let splits = max(1, Self.divide(k, chunk))
        let rounds = Self.divide(groups * splits, units)
        let depth = Self.divide(chunk, tile.k) * tile.k
        var cost = Double(rounds) * Double(tile.m * tile.n * depth) / tile.efficiency
        if splits > 1 {
          cost += rate * (Self.launchCost + Double(splits * outputs / units) * Self.partialCost)
        }
        if cost < best?.cost ?? .infinity { best = (cost, tile, splits, chunk) }
        wanted *= 2
      }
    }
    tile = best?.tile ?? shapes[shapes.count - 1]
    splits = best?.splits ?? 1
    chunk = best?.chunk ?? max(1, k)
  }

  private static func divide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }

  /// The launch's work-items, one part in each place of the last dimension.
  var global: [Int] {
    [Self.divide(m, tile.m) * Self.divide(n, tile.n) * tile.items, splits, parts]
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
