import RetortCore

/// The STORE macros of a contraction kernel, written from the program fused behind it.
///
/// The kernel's `c` is the buffer of the first result; operands become the parameters `e0`, `e1`, …
/// and further results `f1`, `f2`, …, all behind the kernel's own.
///
/// Results without a buffer are left in the kernel's `observed`, see
/// `Kernels/matmul/statistics_core.cl`; there is only `STORE1` then, and the last parameters say where
/// statistics go.
///
/// `STORE1` stores one element at (m, n), `STORE_PART16` the first `count` of 16 from there on in one
/// row, and `STORE_RUN16` the same but running on into the next rows; a kernel that uses it has said
/// `STORE_PREPARE` at its beginning, and its N is a macro.
struct StoreEpilogue {
  /// `#define` lines for `Launch.generated`; empty where the kernel's own plain store does.
  let text: String
  /// Arguments to append to the kernel's own.
  let arguments: LaunchArguments

  /// Writes the macros of `program`.
  ///
  /// - Parameters:
  ///   - program: Over the `[M, N]` result, or over any shape whose last axis is N and whose other
  ///     axes make up M.
  ///   - operands: One buffer per operand of the program.
  ///   - results: One buffer per result that is stored; the first is the kernel's `c`.
  ///   - statistics: The buffers for statistics of the results that are not stored.
  ///   - streams: Whether results are stored past the caches.
  init(
    _ program: PointwiseProgram, operands: [BufferReference], results: [BufferReference],
    statistics: StatisticsTarget? = nil, streams: Bool = false
  ) {
    guard streams || !program.isPlainStore else {
      (text, arguments) = ("", [:])
      return
    }
    var parameters = KernelParameters()
    for (index, operand) in program.operands.enumerated() {
      parameters.add("e\(index)", operands[index], operand.dtype, isConstant: true)
    }
    for (index, buffer) in results.enumerated().dropFirst() {
      parameters.add("f\(index)", buffer, program.results[index].dtype, isConstant: false)
    }
    var names = ""
    if let statistics {
      parameters.add("statistics", statistics.buffer, .float32, isConstant: false)
      if let combined = statistics.combined {
        parameters.add("arrived", combined.arrived, .int32, isConstant: false)
        names = parameters.addResults(combined.results)
      }
    }
    let writer = StoreWriter(program, stored: results.count, streams: streams)
    func macro(_ name: String, _ lines: [String]) -> String {
      (["#define \(name)"] + lines).joined(separator: " \\\n  ")
    }
    func store(_ name: String, _ kind: StoreWriter.Kind) -> String {
      macro("\(name) do {", writer.body(kind) + ["} while (0)"])
    }
    var lines = [
      "#define STORE_PARAMETERS \(parameters.trailing)", store("STORE1(value, m, n)", .one),
    ]
    if statistics == nil {
      lines += [
        store("STORE_PART16(value, count, m, n)", .sixteen),
        store("STORE_RUN16(value, count, m, n)", .run),
        "#define STORE16(value, m, n) STORE_PART16(value, 16, m, n)",
        macro("STORE_PREPARE", writer.preparation),
      ]
    }
    text = lines.joined(separator: "\n") + "\n" + names
    arguments = parameters.arguments
  }
}

extension PointwiseProgram {
  /// Whether the program stores the accumulator densely and does nothing else.
  var isPlainStore: Bool {
    guard results.count == 1, let result = results.first,
      case .accumulator = instructions[result.register], result.dtype == .float32
    else { return false }
    return isDense(result.access)
  }
}

/// Writes the statements of one store.
private struct StoreWriter {
  /// One element, 16 of one row, or 16 of neighbouring rows.
  enum Kind { case one, sixteen, run }
  /// Where the elements of an access lie that belong to 16 neighbouring results.
  private enum Run { case dense, periodic, single }

  let program: PointwiseProgram
  /// How many results are stored; the others are observed.
  let stored: Int
  /// Whether dense runs of 16 are stored past the caches.
  let streams: Bool
  /// Merged axes: those of the rows, and the last axis by itself.
  let space: IterationSpace
  let columns: Int

  init(_ program: PointwiseProgram, stored: Int, streams: Bool) {
    (self.program, self.stored, self.streams) = (program, stored, streams)
    let rank = program.shape.rank
    columns = program.shape.columnCount
    space = IterationSpace(
      program, groups: [0..<max(0, rank - 1), max(0, rank - 1)..<rank])
  }

  private var rowAxes: Range<Int> { space.groups[0] }
  private var columnAxis: Int? { space.groups[1].first }

  /// The statements of a macro; arguments are taken once, under names no kernel uses.
  func body(_ kind: Kind) -> [String] {
    if kind == .run, !hasRuns { return single }
    let width: ProgramText.Width = kind == .one ? .one : .sixteen
    var lines = ["const \(width.type(.float32)) store_value = (value);"]
    if needsRow { lines.append("const size_t store_m = (size_t)(m);") }
    if needsColumn { lines.append("const size_t store_n = (size_t)(n);") }
    lines += coordinates
    let text = ProgramText(program, width, prefix: "store_r", accumulator: "store_value") {
      load($0, kind)
    }
    lines += text.statements
    for index in program.results.indices {
      lines.append(store(text.value(ofResult: index), index, kind))
    }
    return lines
  }

  // MARK: Runs

  /// The declarations of STORE_PREPARE: an operand of one element per column, repeated for a run
  /// that begins at any column.
  var preparation: [String] {
    guard hasRuns else { return [] }
    return program.operands.indices.filter { run($0) == .periodic }.flatMap {
      let from = "((__global const float*)e\($0))[\(program.operands[$0].access.offset) + i % N]"
      return [
        "float store_e\($0)[N + 15];",
        "for (int i = 0; i < N + 15; i++) store_e\($0)[i] = \(from);",
      ]
    }
  }

  private var hasRuns: Bool {
    space.strides.indices.allSatisfy {
      run($0) == .dense || $0 < program.operands.count && run($0) != nil
    }
  }

  /// Nil where a run's elements lie otherwise.
  private func run(_ access: Int) -> Run? {
    let row = rowAxes.first.map { space.strides[access][$0] }
    let column = columnStep(access)
    guard rowAxes.count <= 1 else { return nil }
    if columns == 1 || column == 1, row == nil || row == columns { return .dense }
    guard row == nil || row == 0, column <= 1 else { return nil }
    return column == 1 ? .periodic : .single
  }

  /// STORE_RUN16 element by element.
  private var single: [String] {
    [
      "float store_lanes[16];", "*(float16_anywhere*)store_lanes = (value);",
      "for (int store_i = 0; store_i < (count); store_i++)",
      "STORE1(store_lanes[store_i], (m) + ((n) + store_i) / N, ((n) + store_i) % N);",
    ]
  }

  // MARK: Places

  private var needsColumn: Bool {
    space.strides.contains { steps in columnAxis.map { steps[$0] != 0 } ?? false }
  }
  private var needsRow: Bool {
    space.strides.contains { steps in rowAxes.contains { steps[$0] != 0 } }
  }

  /// The row's coordinates, where a single number of the row does not do.
  private var coordinates: [String] {
    guard rowAxes.count > 1 else { return [] }
    var lines: [String] = []
    var rest = "store_m"
    for axis in rowAxes.dropFirst().reversed() {
      if space.strides.contains(where: { $0[axis] != 0 }) {
        lines.append("const size_t store_x\(axis) = \(rest) % \(space.extents[axis]);")
      }
      let isLast = axis - 1 == rowAxes.lowerBound
      if isLast, !space.strides.contains(where: { $0[axis - 1] != 0 }) { break }
      let name = isLast ? "store_x\(axis - 1)" : "store_rest\(axis)"
      lines.append("const size_t \(name) = \(rest) / \(space.extents[axis]);")
      rest = name
    }
    return lines
  }

  /// Elements from the buffer's start to the access's element at (m, n).
  private func position(_ access: Int, offset: Int) -> String {
    var terms = offset == 0 ? [] : ["(size_t)\(offset)"]
    let steps = space.strides[access]
    if isRowDense(steps) {
      terms.append("store_m * N")
    } else {
      for axis in rowAxes where steps[axis] != 0 {
        let name = rowAxes.count == 1 ? "store_m" : "store_x\(axis)"
        terms.append(steps[axis] == 1 ? name : "\(name) * \(steps[axis])")
      }
    }
    if let axis = columnAxis, steps[axis] != 0 {
      terms.append(steps[axis] == 1 ? "store_n" : "store_n * \(steps[axis])")
    }
    return terms.isEmpty ? "0" : terms.joined(separator: " + ")
  }

  /// Whether consecutive rows lie N elements apart, however many axes they have.
  private func isRowDense(_ steps: [Int]) -> Bool {
    var expected = columns
    for axis in rowAxes.reversed() {
      guard steps[axis] == expected else { return false }
      expected *= space.extents[axis]
    }
    return !rowAxes.isEmpty
  }

  private func columnStep(_ access: Int) -> Int {
    columnAxis.map { space.strides[access][$0] } ?? 0
  }

  /// From one lane's element to the next one's.
  private func laneStep(_ access: Int, _ kind: Kind) -> Int {
    kind == .run ? (run(access) == .dense ? 1 : 0) : columnStep(access)
  }

  private func load(_ index: Int, _ kind: Kind) -> String {
    let operand = program.operands[index]
    let element = position(index, offset: operand.access.offset)
    if kind == .one { return "e\(index)[\(element)]" }
    let step = laneStep(index, kind)
    let from = "(__global const float*)e\(index) + \(element)"
    let lanes: String
    switch (step, kind) {
    case (0, .run) where run(index) == .periodic:
      lanes = "*(const float16_anywhere*)(store_e\(index) + store_n)"
    case (0, _): return "(\(ProgramText.Width.sixteen.type(operand.dtype)))(e\(index)[\(element)])"
    case (1, _): lanes = "load16(\(from))"
    default: lanes = "gather16(\(from), \(step), count)"
    }
    return operand.dtype == .float32 ? lanes : "as_int16(\(lanes))"
  }

  private func store(_ value: String, _ index: Int, _ kind: Kind) -> String {
    guard index < stored else { return "observed[\(index - stored)] = \(value);" }
    let result = program.results[index]
    let access = program.operands.count + index
    let element = position(access, offset: result.access.offset)
    var pointer = index == 0 ? "c" : "f\(index)"
    if index == 0, result.dtype == .int32 { pointer = "((__global int*)c)" }
    if kind == .one { return "\(pointer)[\(element)] = \(value);" }
    let lanes = result.dtype == .float32 ? value : "as_float16(\(value))"
    let to = "(__global float*)\(pointer) + \(element)"
    let step = laneStep(access, kind)
    if step == 1 { return "\(streams ? "stream" : "store")_part16(\(lanes), count, \(to));" }
    return "scatter16(\(lanes), \(to), \(step), count);"
  }
}
