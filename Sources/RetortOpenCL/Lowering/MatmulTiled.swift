import RetortCore

extension Lowering {
  /// Appends the launches of a matrix product in the form for GPUs: one, or two where K is split.
  mutating func matmulTiled(
    _ step: Step, _ matmul: MatmulStep, _ choice: TuningChoice?, _ analysis: StepAnalysis
  ) {
    let rows = matmul.batch * matmul.m
    guard rows * matmul.n > 0 else { return }
    let product = TiledProduct(matmul, device: device, matrix: matrix, choice: choice)
    var macros = product.macros(
      vectorA: (matmul.transposeA ? matmul.m : matmul.k) % 4 == 0,
      vectorB: (matmul.transposeB ? matmul.k : matmul.n) % 4 == 0)
    macros.append("TRANSPOSE_A", matmul.transposeA ? "1" : "0")
    macros.append("TRANSPOSE_B", matmul.transposeB ? "1" : "0")
    store(
      analysis, matmul.epilogue, rows: rows, columns: matmul.n, splits: product.splits,
      tiles: RowTiles(product, parts: matmul.batch)
    ) { c, store in
      var arguments: LaunchArguments = [
        "a": .buffer(.value(step.inputs[0])), "b": .buffer(.value(step.inputs[1])),
        "c": .buffer(c), "M": .int(matmul.m), "N": .int(matmul.n), "K": .int(matmul.k),
        "a_stride": .int(matmul.m * matmul.k), "b_stride": .int(matmul.k * matmul.n),
        "chunk": .int(product.chunk),
      ]
      if let store { arguments.append(store.arguments) }
      return Launch(
        family: "matmul/matmul_tiled", entry: "matmul_tiled", macros: macros,
        generated: store?.text ?? "", global: product.global, local: product.local,
        arguments: arguments, label: step.label)
    }
  }

  /// Appends a contraction: `launch` with the epilogue if there is one split, else `launch` into
  /// scratch and the sum of the splits with the epilogue, which waits where it may.
  ///
  /// - Parameters:
  ///   - rows: Rows of the whole result.
  ///   - tiles: The result's tiles, where the kernel can compute statistics of their columns.
  ///   - launch: The kernel that writes to a buffer, with an epilogue or into partial sums.
  mutating func store(
    _ analysis: StepAnalysis, _ program: PointwiseProgram, rows: Int, columns: Int, splits: Int,
    tiles: RowTiles? = nil, _ launch: (BufferReference, StoreEpilogue?) -> Launch
  ) {
    let step = analysis.step
    let results = step.outputs.map { BufferReference.value($0) }
    if splits == 1, let tiles, let statistics = analysis.statistics.first(where: { $0.fit(tiles) })
    {
      settle(statistics.settles)
      let target = target(of: statistics, rows: rows, columns: columns, tiles)
      let store = StoreEpilogue(
        statistics.program, operands: statistics.operands.map { .value($0) }, results: results,
        statistics: target)
      var launch = launch(results[0], store)
      launch.macros.append(statistics.macros)
      if let fence, target.combined != nil {
        launch.macros.append(fence.macros)
        launch.language = fence.language
      }
      add(launch)
      return
    }
    let operands = step.inputs.dropFirst(2).prefix(program.operands.count)
    let store = StoreEpilogue(program, operands: operands.map { .value($0) }, results: results)
    if splits == 1 {
      add(launch(results[0], store))
      return
    }
    if let partial = deferredPartials(analysis, splits: splits) {
      add(launch(partial, nil))
      return
    }
    let partial = scratch(byteCount: splits * rows * columns * 4)
    add(launch(partial, nil))
    var arguments: LaunchArguments = [
      "partial": .buffer(partial), "c": .buffer(results[0]), "rows": .int(rows),
      "N": .int(columns), "splits": .int(splits),
    ]
    arguments.append(store.arguments)
    add(
      Launch(
        family: "matmul/split_sum", entry: "split_sum_flat", generated: store.text,
        global: [(rows * columns + 63) / 64 * 64], local: [64], arguments: arguments,
        label: step.label, part: "sum of parts"))
  }
}
