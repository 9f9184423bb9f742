import RetortCore

extension Lowering {
  /// Appends the launches of a matrix product in the form for CPU devices: one, or two where the
  /// sum over k is split among cores.
  mutating func matmulVector(_ step: Step, _ matmul: MatmulStep) {
    let tiling = VectorProduct(matmul, device: device)
    let rows = matmul.batch * matmul.m
    let store = StoreEpilogue(
      matmul.epilogue, operands: step.inputs.indices.dropFirst(2).map { input(step, $0) },
      results: step.outputs.indices.map { output(step, $0) })
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
          matmul.n.pieces(of: 16 * tiling.vectors), matmul.m.pieces(of: tiling.blockRows),
          matmul.batch * tiling.splits,
        ], local: [1, 1, 1], arguments: arguments, label: step.label))
    if isSplit { reduceVector(step, matmul, target, store, splits: tiling.splits) }
  }

  private mutating func reduceVector(
    _ step: Step, _ matmul: MatmulStep, _ parts: BufferReference, _ store: StoreEpilogue,
    splits: Int
  ) {
    let rows = matmul.batch * matmul.m
    let blockRows = rows.pieces(of: VectorProduct.itemsPerCore * device.computeUnits)
    var arguments: LaunchArguments = [
      "parts": .buffer(parts), "c": .buffer(output(step)), "M": .int(rows), "N": .int(matmul.n),
      "splits": .int(splits), "blockRows": .int(blockRows),
    ]
    arguments.append(store.arguments)
    add(
      Launch(
        family: "matmul/matmul_vector", entry: "matmul_reduce_vector", generated: store.text,
        global: [rows.pieces(of: blockRows)], local: [1], arguments: arguments,
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

  /// Work-items per core that even out what one of them loses to other programs.
  static let itemsPerCore = 8
  /// Accumulators that 32 vector registers hold beside the operands.
  static let accumulators = 28
  private static let rowChoices = [16, 12, 8, 6, 4, 3, 2, 1]
  // Below, packing a panel costs more than a core of its own brings.
  private static let leastRows = 32
  private static let leastDepth = 256

  private var isDeep: Bool { splitK > depth }

  /// Chooses by the shape and the number of cores alone.
  init(_ matmul: MatmulStep, device: DeviceLimits) {
    let (m, n, k) = (matmul.m, matmul.n, max(1, matmul.k))
    let (rows, vectors) = Self.tile(m, n)
    let panels = n.pieces(of: 16 * vectors) * matmul.batch
    let wanted = Self.itemsPerCore * max(1, device.computeUnits)
    let tiles = m.pieces(of: rows)
    let mostTiles = (device.localMemorySize < 128 << 10 ? 48 : 264) / rows
    let leastTiles = min(tiles, Self.leastRows.pieces(of: rows))
    let blockTiles = min(mostTiles, max(leastTiles, tiles.pieces(of: wanted.pieces(of: panels))))
    let items = panels * tiles.pieces(of: blockTiles)
    var splits = 1
    if items < wanted / 2, k >= 2 * Self.leastDepth {
      splits = min(k / Self.leastDepth, wanted.pieces(of: items))
    }
    let splitK = k.pieces(of: splits)
    (self.splits, self.splitK) = (k.pieces(of: splitK), splitK)
    (self.rows, self.vectors) = (rows, vectors)
    blockRows = blockTiles * rows
    let deepest = device.localMemorySize < 128 << 10 ? 128 : 512
    depth = [64, 128, 256, 512].first { $0 >= splitK && $0 <= deepest } ?? min(256, deepest)
  }

  /// The register tile of the least estimated time: multiply-adds, at least as many as hide their
  /// own latency, and the loads beside them.
  private static func tile(_ m: Int, _ n: Int) -> (rows: Int, vectors: Int) {
    var best = (cost: Double.infinity, rows: 1, vectors: 1)
    for vectors in 1...min(4, n.pieces(of: 16)) {
      for rows in rowChoices where rows <= m && rows * vectors <= accumulators {
        let step = Double(max(rows * vectors, 8)) + 0.15 * Double(rows + vectors)
        let cost = Double(m.pieces(of: rows) * n.pieces(of: 16 * vectors)) * step
        if cost < best.cost { best = (cost, rows, vectors) }
      }
    }
    return (best.rows, best.vectors)
  }

  /// The macros of `matmul_vector`.
  func macros(_ matmul: MatmulStep) -> LaunchMacros {
    var macros: LaunchMacros = [
      "MR": "\(rows)", "NV": "\(vectors)", "KC": "\(depth)", "DEEP": isDeep ? "1" : "0",
      "TRANSPOSE_A": matmul.transposeA ? "1" : "0", "TRANSPOSE_B": matmul.transposeB ? "1" : "0",
    ]
    if isDeep { macros.append("ROWS", "\(blockRows > 48 ? 264 : 48)") }
    return macros
  }
}
