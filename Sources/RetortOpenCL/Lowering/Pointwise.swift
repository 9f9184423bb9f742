import RetortCore

extension Lowering {
  /// Appends the launch of a fused element-wise chain; none for an empty tensor.
  mutating func pointwise(_ step: Step, _ program: PointwiseProgram) throws {
    guard program.shape.count > 0 else { return }
    let kernel = PointwiseKernel(
      program, inputs: step.inputs.indices.map { input(step, $0) },
      outputs: step.outputs.indices.map { output(step, $0) }, streams: streams(step))
    switch form {
    case .vector: add(try kernel.vector(computeUnits: device.computeUnits, label: step.label))
    case .tiled: add(try kernel.flat(device, label: step.label))
    }
  }
}

/// Writes and sizes the launch of one element-wise program.
struct PointwiseKernel {
  private let program: PointwiseProgram
  private let inputs: [BufferReference]
  private let outputs: [BufferReference]
  /// Whether the form for CPU devices stores results past the caches.
  private let streams: Bool

  /// Takes one buffer per operand and per result.
  init(
    _ program: PointwiseProgram, inputs: [BufferReference], outputs: [BufferReference],
    streams: Bool = false
  ) {
    (self.program, self.inputs, self.outputs, self.streams) = (program, inputs, outputs, streams)
  }

  // MARK: Vector form

  /// Work-items per core, so many that they even out what one core loses to other programs.
  ///
  /// Chosen by trial; `retort bench step --models resnet20 --profile` shows its effect.
  private static let sharesPerCore = 6
  /// Elements of a tensor at least whose operands per channel are repeated, and the most columns of them.
  ///
  /// Chosen by trial; `retort bench step --models lenet5 --profile` shows their effect.
  private static let leastPeriodic = 2048, longestPeriod = 240
  /// Work-items of a work-group of the flat form.
  private static let flatGroup = 256

  /// The launch for CPU devices.
  func vector(computeUnits: Int, label: String) throws(OpenCLError) -> Launch {
    let space = IterationSpace(program)
    if let period = Self.period(space, program) {
      return try vector(periodic: period, space, computeUnits, label)
    }
    let rank = space.extents.count
    let columnAxis = rank > 0 ? rank - 1 : nil
    let outer = 0..<max(0, rank - 2)
    let row = outer.upperBound..<max(0, rank - 1)
    var addressing = Addressing(
      program, space, vectorAxis: columnAxis, inputs: inputs, outputs: outputs, streams: streams)
    addressing.declareExtents(outer)
    let text = ProgramText(program, .sixteen) {
      addressing.load16($0, level: "q", axis: columnAxis, column: "column", count: "count")
    }
    let stores = program.results.indices.map {
      addressing.store16(
        text.value(ofResult: $0), $0, level: "q", axis: columnAxis, column: "column",
        count: "count")
    }
    let kernel = try GeneratedKernel(
      "elementwise/pointwise", name: "pointwise_vector",
      [
        ("PARAMETERS", [addressing.parameters.leading]), ("TABLES", []),
        ("OUTER(i)", addressing.advance("", "p", outer, "i") + ["(void)(i);"]),
        ("ROW(i)", addressing.advance("p", "q", row, "i") + ["(void)(i);"]),
        ("BODY(column, count)", ["{"] + text.statements + stores + ["}"]),
        ("PERIOD", ["0"]), ("FLAT", ["0"]),
      ])
    let pieces = Pieces(
      outer: space.count(outer), rows: space.count(row),
      columns: columnAxis.map { space.extents[$0] } ?? 1, computeUnits: computeUnits, granule: 16,
      isNarrow: isTransposed(space))
    return launch(kernel, addressing.parameters, pieces, label)
  }

  /// Whether an operand runs along the rows: 16 of its lines then serve 16 rows one after another.
  private func isTransposed(_ space: IterationSpace) -> Bool {
    let rank = space.extents.count
    guard rank > 1 else { return false }
    return space.strides.contains { $0[rank - 1] > 1 && $0[rank - 2] == 1 }
  }

  /// How a work-item's share is cut: pieces of rows and columns, dealt out evenly.
  private struct Pieces {
    let rows, columns, pieceRows, pieceColumns, units, items: Int

    /// Pieces of at least `granule` columns; of exactly as many if `isNarrow`.
    init(
      outer: Int, rows: Int, columns: Int, computeUnits: Int, granule: Int, isNarrow: Bool = false
    ) {
      let count = outer * rows * columns
      let wanted = max(
        1, min(count / CoreShare.elements, computeUnits * PointwiseKernel.sharesPerCore))
      func divide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
      let rowPieces = min(rows, divide(wanted, outer))
      let columnPieces = divide(wanted, outer * rowPieces)
      (self.rows, self.columns) = (rows, columns)
      pieceRows = divide(rows, rowPieces)
      pieceColumns = isNarrow ? granule : divide(divide(columns, columnPieces), granule) * granule
      units = outer * divide(rows, pieceRows) * divide(columns, pieceColumns)
      items = min(wanted, units)
    }
  }

  private func launch(
    _ kernel: GeneratedKernel, _ parameters: KernelParameters, _ pieces: Pieces, _ label: String
  ) -> Launch {
    var arguments = parameters.arguments
    arguments.append([
      "rows": .int(pieces.rows), "columns": .int(pieces.columns),
      "pieceRows": .int(pieces.pieceRows), "pieceColumns": .int(pieces.pieceColumns),
      "units": .int(pieces.units),
    ])
    return Launch(
      entry: kernel.entry, generated: kernel.text, global: [pieces.items], local: [1],
      arguments: arguments, label: label)
  }

  // MARK: Periodic operands

  /// The columns after which everything repeats, if the space is `[rows, channels]` with channels
  /// that do not fill vectors, and every access is dense, per channel, or one value.
  private static func period(_ space: IterationSpace, _ program: PointwiseProgram) -> Int? {
    guard space.extents.count == 2, space.extents[1] % 16 != 0,
      space.extents[0] * space.extents[1] >= leastPeriodic
    else { return nil }
    let channels = space.extents[1]
    let period = channels * (16 >> min(4, channels.trailingZeroBitCount))
    guard period <= longestPeriod else { return nil }
    for (index, strides) in space.strides.enumerated() {
      let isDense = strides[1] == 1 && strides[0] == channels
      let repeats = strides[0] == 0 && index < program.operands.count
      guard isDense || repeats else { return nil }
    }
    return period
  }

  private func vector(
    periodic period: Int, _ space: IterationSpace, _ computeUnits: Int, _ label: String
  ) throws(OpenCLError) -> Launch {
    let channels = space.extents[1]
    var addressing = Addressing(
      program, space, vectorAxis: 1, inputs: inputs, outputs: outputs, streams: streams)
    addressing.parameters.add("channels", channels)
    var tables: [String] = []
    for (index, operand) in program.operands.enumerated() where isTable(index, space) {
      let type = operand.dtype == .float32 ? "float" : "int"
      let source = addressing.element(index, level: "", axes: 1..<2, at: ["i % channels"])
      tables += [
        "\(type)16 t\(index)[PERIOD / 16];",
        "for (int i = 0; i < PERIOD; i++) ((\(type)*)t\(index))[i] = \(source);",
      ]
    }
    let text = ProgramText(program, .sixteen) {
      isTable($0, space)
        ? "t\($0)[phase]"
        : addressing.load16($0, level: "p", axis: 1, column: "column", count: "count")
    }
    let stores = program.results.indices.map {
      addressing.store16(
        text.value(ofResult: $0), $0, level: "p", axis: 1, column: "column", count: "count")
    }
    let kernel = try GeneratedKernel(
      "elementwise/pointwise", name: "pointwise_periodic_vector",
      [
        ("PARAMETERS", [addressing.parameters.leading]), ("TABLES", tables),
        ("OUTER(i)", addressing.advance("", "p", 0..<0, "i") + ["(void)(i);"]),
        ("ROW(i)", ["(void)(i);"]),
        ("BODY(column, count)", ["{"] + text.statements + stores + ["}"]),
        ("PERIOD", ["\(period)"]), ("FLAT", ["0"]),
      ])
    let pieces = Pieces(
      outer: 1, rows: 1, columns: space.extents[0] * channels, computeUnits: computeUnits,
      granule: period)
    return launch(kernel, addressing.parameters, pieces, label)
  }

  private func isTable(_ operand: Int, _ space: IterationSpace) -> Bool {
    space.strides[operand][0] == 0 && space.strides[operand][1] != 0
  }

  // MARK: Flat form

  /// The launch for GPUs.
  func flat(_ device: DeviceLimits, label: String) throws(OpenCLError) -> Launch {
    let group = device.group(Self.flatGroup)
    let space = IterationSpace(program)
    let axes = 0..<space.extents.count
    var addressing = Addressing(
      program, space, vectorAxis: axes.last, inputs: inputs, outputs: outputs)
    addressing.declareExtents(axes)
    let (split, names) = addressing.coordinates(axes, of: "i")
    let text = ProgramText(program, .one) {
      addressing.element($0, level: "", axes: axes, at: names)
    }
    let stores = program.results.indices.map {
      addressing.resultElement($0, level: "", axes: axes, at: names)
        + " = \(text.value(ofResult: $0));"
    }
    let body4 = self.body4(space, addressing)
    let kernel = try GeneratedKernel(
      "elementwise/pointwise", name: "pointwise_flat",
      [
        ("PARAMETERS", [addressing.parameters.leading]), ("FLAT", [body4 == nil ? "1" : "4"]),
        ("ELEMENT(i)", split + text.statements + stores), ("BODY4(i)", body4 ?? []),
        ("GROUP", ["\(group)"]),
      ])
    var arguments = addressing.parameters.arguments
    let count = program.shape.count
    arguments.append("count", .int(count))
    let items = body4 == nil ? count : (count + 3) / 4
    return Launch(
      entry: kernel.entry, generated: kernel.text, global: [items.roundedUp(toMultipleOf: group)],
      local: [group], arguments: arguments, label: label)
  }

  /// Four elements at once, if everything is one dense run of floats.
  private func body4(_ space: IterationSpace, _ addressing: Addressing) -> [String]? {
    guard space.extents.count == 1, space.strides.allSatisfy({ $0[0] <= 1 }),
      program.operands.allSatisfy({ $0.dtype == .float32 && $0.access.offset % 4 == 0 }),
      program.results.allSatisfy({ $0.dtype == .float32 && $0.access.offset % 4 == 0 })
    else { return nil }
    let text = ProgramText(program, .four) {
      let element = addressing.element($0, level: "", axes: 0..<1, at: ["i"])
      return space.strides[$0][0] == 0
        ? "(float4)(\(element))" : "*(__global const float4*)&\(element)"
    }
    let stores = program.results.indices.map {
      "*(__global float4*)&\(addressing.resultElement($0, level: "", axes: 0..<1, at: ["i"])) = "
        + text.value(ofResult: $0) + ";"
    }
    return text.statements + stores
  }
}
