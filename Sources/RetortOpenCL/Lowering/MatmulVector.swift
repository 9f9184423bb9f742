import RetortCore

extension Lowering {
  /// Appends the launches of a matrix product in the form for CPU devices: one, or two where the
  /// sum over k is split among cores.
  mutating func matmulVector(_ step: Step, _ matmul: MatmulStep, _ choice: TuningChoice?) {
    let tiling = VectorProduct(matmul, device: device, choice: choice)
    let rows = matmul.batch * matmul.m
    let store = vectorStore(step, matmul.epilogue)
    let isSplit = tiling.splits > 1
    let target =
      isSplit ? scratch(byteCount: 4 * tiling.splits * rows * matmul.n) : output(step)
    var arguments: LaunchArguments = [
      "matrixA": .buffer(input(step, 0)), "matrixB": .buffer(input(step, 1)),
      "c": .buffer(target), "M": .int(matmul.m), "N": .int(matmul.n), "K": .int(matmul.k),
      "lda": .int(matmul.transposeA ? matmul.m : matmul.k),
      "ldb": .int(matmul.transposeB ? matmul.k : matmul.n),
      "strideA": .int(matmul.batch > 1 ? matmul.m * matmul.k : 0),
      "strideB": .int(matmul.batch > 1 ? matmul.k * matmul.n : 0),
      "blockRows": .int(tiling.blockRows), "splits": .int(tiling.splits),
      "splitK": .int(tiling.splitK),
    ]
    if !isSplit { arguments.append(store.arguments) }
    add(
      Launch(
        family: "matmul/matmul_vector", entry: "matmul_vector",
        macros: tiling.macros(matmul), generated: isSplit ? "" : store.text,
        global: [
          matmul.n.ceilDivided(by: 16 * tiling.vectors), matmul.m.ceilDivided(by: tiling.blockRows),
          matmul.batch * tiling.splits,
        ], local: [1, 1, 1], arguments: arguments, label: step.label))
    if isSplit { reduceVector(step, matmul, target, store, splits: tiling.splits) }
  }

  private mutating func reduceVector(
    _ step: Step, _ matmul: MatmulStep, _ parts: BufferReference, _ store: StoreEpilogue,
    splits: Int
  ) {
    let rows = matmul.batch * matmul.m
    let blockRows = rows.ceilDivided(by: CoreShare.itemsPerCore * device.computeUnits)
    var arguments: LaunchArguments = [
      "parts": .buffer(parts), "c": .buffer(output(step)), "M": .int(rows), "N": .int(matmul.n),
      "splits": .int(splits), "blockRows": .int(blockRows),
    ]
    arguments.append(store.arguments)
    add(
      Launch(
        family: "matmul/matmul_vector", entry: "matmul_reduce_vector", generated: store.text,
        global: [rows.ceilDivided(by: blockRows)], local: [1], arguments: arguments,
        label: step.label, part: "sum of parts"))
  }
}

/// How the vector form cuts a matrix product: register tile, depth of a panel, work-items.
struct VectorProduct {
  /// Rows of a register tile, and its columns in vectors of 16.
  let rows, vectors: Int
  /// Depth of a packed panel of b.
  let depth: Int
  /// Rows of one work-item.
  let blockRows: Int
  /// Parts of the sum over k, and the length of each but the last.
  let splits, splitK: Int
  /// The decisions that a choice may make: the register tile, tiles of a work-item, parts of the sum.
  let decisions: [[TuningChoice]]

  /// Rows of a register tile to choose from.
  private static let rowChoices = [16, 12, 8, 6, 4, 3, 2, 1]
  /// Rows of a work-item and depth of a split below which packing a panel costs more than a core of its own
  /// brings.
  ///
  /// Chosen by trial; `retort bench kernels --names gemm` shows their effect.
  private static let leastRows = 32, leastDepth = 256
  /// The least depth of a split that a search tries.
  private static let leastTriedDepth = 64
  /// Rows of a work-item whose partial sums lie in local memory, on devices with less than `largeMemory`
  /// bytes of it and on others.
  ///
  /// Chosen by trial; `retort bench kernels --names gemm` shows their effect.
  private static let mostRows = (small: 48, large: 264), largeMemory = 128 << 10
  /// The deepest panels on the same devices.
  private static let deepest = (small: 128, large: 512)

  private var isDeep: Bool { splitK > depth }

  /// Makes the decisions that `choice` does not, by the shape and the number of cores.
  init(_ matmul: MatmulStep, device: DeviceLimits, choice: TuningChoice? = nil) {
    let (m, n, k) = (matmul.m, matmul.n, max(1, matmul.k))
    let tile = Self.tiles(m, n, device.registers).decision(choice)
    let (rows, vectors) = (tile.value.rows, tile.value.vectors)
    let panels = n.ceilDivided(by: 16 * vectors) * matmul.batch
    let wanted = CoreShare.itemsPerCore * max(1, device.computeUnits)
    let tiles = m.ceilDivided(by: rows)
    // Local memory holds a panel's rows and, of a deep product, partial sums of as many rows again as a
    // work-item has: all as wide as the register tile.
    let isLarge = device.localMemorySize >= Self.largeMemory
    let mostRows = isLarge ? Self.mostRows.large : Self.mostRows.small
    let mostTiles = mostRows / rows
    let leastTiles = min(tiles, Self.leastRows.ceilDivided(by: rows))
    let evenTiles = min(
      mostTiles, max(leastTiles, tiles.ceilDivided(by: wanted.ceilDivided(by: panels))))
    let block = Decision(
      "block", evenTiles, or: [evenTiles.ceilDivided(by: 2), min(2 * evenTiles, mostTiles, tiles)],
      choice)
    let items = panels * tiles.ceilDivided(by: block.value)
    var evenSplits = 1
    if items < wanted / 2, k >= 2 * Self.leastDepth {
      evenSplits = min(k / Self.leastDepth, wanted.ceilDivided(by: items))
    }
    let splits = Decision(
      "splits", evenSplits,
      or: [1, 2 * evenSplits, evenSplits.ceilDivided(by: 2)].filter {
        $0 == 1 || k >= $0 * Self.leastTriedDepth
      }, choice)
    let splitK = k.ceilDivided(by: splits.value)
    (self.splits, self.splitK) = (k.ceilDivided(by: splitK), splitK)
    (self.rows, self.vectors) = (rows, vectors)
    blockRows = block.value * rows
    decisions = [tile.candidates, block.candidates, splits.candidates]
    let held = device.localMemorySize / (4 * 16 * vectors)
    var deepest = isLarge ? Self.deepest.large : Self.deepest.small
    while deepest > 16, deepest + mostRows > held { deepest /= 2 }
    depth = [64, 128, 256, 512].first { $0 >= splitK && $0 <= deepest } ?? min(256, deepest)
  }

  private static func tiles(_ m: Int, _ n: Int, _ registers: VectorRegisters) -> TileRanking {
    var ranking = TileRanking()
    for vectors in 1...min(4, n.ceilDivided(by: 16)) {
      let most = registers.accumulators(vectors: vectors)
      for rows in rowChoices where rows <= m && rows * vectors <= most {
        let tile = RegisterTile(rows: rows, vectors: vectors)
        let count = m.ceilDivided(by: rows) * n.ceilDivided(by: 16 * vectors)
        ranking.add(tile, cost: Double(count) * tile.stepCost(registers))
      }
    }
    return ranking
  }

  /// Rows of a transposed a up to which b is read in place: Benchmarks/NOTES.md, "Weight gradients of 1×1
  /// convolutions read their right operand in place".
  private static let mostDirectRows = 512

  /// Whether packing panels of b costs more than it saves: where a and b both lie row by row of k,
  /// unless the rows of a are so long that each is in a page of its own.
  private static func readsInPlace(_ matmul: MatmulStep) -> Bool {
    matmul.transposeA && !matmul.transposeB && matmul.m <= mostDirectRows
  }

  /// The macros of `matmul_vector`.
  func macros(_ matmul: MatmulStep) -> LaunchMacros {
    var macros: LaunchMacros = [
      "MR": "\(rows)", "NV": "\(vectors)", "KC": "\(depth)", "DEEP": isDeep ? "1" : "0",
      "TRANSPOSE_A": matmul.transposeA ? "1" : "0", "TRANSPOSE_B": matmul.transposeB ? "1" : "0",
      "DIRECT": Self.readsInPlace(matmul) ? "1" : "0",
    ]
    if isDeep {
      macros.append(
        "ROWS", "\(blockRows > Self.mostRows.small ? Self.mostRows.large : Self.mostRows.small)")
    }
    return macros
  }
}
