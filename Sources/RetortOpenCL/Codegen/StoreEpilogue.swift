import RetortCore

/// The STORE macros of a contraction kernel, written from the program fused behind it.
///
/// The kernel's `c` is the buffer of the first result; operands become the parameters `e0`, `e1`, …
/// and further results `f1`, `f2`, …, all behind the kernel's own.
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
  ///   - results: One buffer per result; the first is the kernel's `c`.
  init(_ program: PointwiseProgram, operands: [BufferReference], results: [BufferReference]) {
    guard !program.isPlainStore else {
      (text, arguments) = ("", [:])
      return
    }
    var parameters = KernelParameters()
    for (index, operand) in program.operands.enumerated() {
      parameters.add("e\(index)", operands[index], operand.dtype, isConstant: true)
    }
    for (index, result) in program.results.enumerated().dropFirst() {
      parameters.add("f\(index)", results[index], result.dtype, isConstant: false)
    }
    let writer = StoreWriter(program)
    let widths: [(String, ProgramText.Width)] = [
      ("STORE1(value, m, n)", .one), ("STORE_PART16(value, count, m, n)", .sixteen),
    ]
    let stores = widths.map { macro, width in
      "#define \(macro) "
        + (["do {"] + writer.body(width) + ["} while (0)"]).joined(separator: " \\\n  ")
    }
    let lines =
      ["#define STORE_PARAMETERS \(parameters.trailing)"] + stores
      + ["#define STORE16(value, m, n) STORE_PART16(value, 16, m, n)"]
    text = lines.joined(separator: "\n") + "\n"
    arguments = parameters.arguments
  }
}

extension PointwiseProgram {
  /// Whether the program stores the accumulator densely and does nothing else.
  var isPlainStore: Bool {
    guard results.count == 1, let result = results.first,
      case .accumulator = instructions[result.register], result.dtype == .float32
    else { return false }
    return isDenseStore(result.access)
  }

  /// As `isDense`, whatever the strides of axes of extent 1.
  private func isDenseStore(_ access: Access) -> Bool {
    access.offset == 0
      && (0..<shape.rank).allSatisfy {
        shape[$0] == 1 || access.strides[$0] == shape.strides[$0]
      }
  }
}

/// Writes the statements of one store.
private struct StoreWriter {
  let program: PointwiseProgram
  /// Merged axes: those of the rows, and the last axis by itself.
  let space: IterationSpace
  let columns: Int

  init(_ program: PointwiseProgram) {
    self.program = program
    let rank = program.shape.rank
    columns = program.shape.columnCount
    space = IterationSpace(
      program, groups: [0..<max(0, rank - 1), max(0, rank - 1)..<rank])
  }

  private var rowAxes: Range<Int> { space.groups[0] }
  private var columnAxis: Int? { space.groups[1].first }

  /// The statements of STORE1 or STORE_PART16; arguments are taken once, under names no kernel uses.
  func body(_ width: ProgramText.Width) -> [String] {
    var lines = ["const \(width.type(.float32)) store_value = (value);"]
    if needsRow { lines.append("const size_t store_m = (size_t)(m);") }
    if needsColumn { lines.append("const size_t store_n = (size_t)(n);") }
    lines += coordinates
    let text = ProgramText(program, width, prefix: "store_r", accumulator: "store_value") {
      load($0, width)
    }
    lines += text.statements
    for index in program.results.indices {
      lines.append(store(text.value(ofResult: index), index, width))
    }
    return lines
  }

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

  private func load(_ index: Int, _ width: ProgramText.Width) -> String {
    let operand = program.operands[index]
    let place = position(index, offset: operand.access.offset)
    if width == .one { return "e\(index)[\(place)]" }
    let type = width.type(operand.dtype)
    switch columnStep(index) {
    case 0: return "(\(type))(e\(index)[\(place)])"
    case 1:
      let run = "load16((__global const float*)e\(index) + \(place))"
      return operand.dtype == .float32 ? run : "as_int16(\(run))"
    default:
      let gather =
        "gather16((__global const float*)e\(index) + \(place), \(columnStep(index)), count)"
      return operand.dtype == .float32 ? gather : "as_int16(\(gather))"
    }
  }

  private func store(_ value: String, _ index: Int, _ width: ProgramText.Width) -> String {
    let result = program.results[index]
    let access = program.operands.count + index
    let place = position(access, offset: result.access.offset)
    var pointer = index == 0 ? "c" : "f\(index)"
    if index == 0, result.dtype == .int32 { pointer = "((__global int*)c)" }
    if width == .one { return "\(pointer)[\(place)] = \(value);" }
    let lanes = result.dtype == .float32 ? value : "as_float16(\(value))"
    let to = "(__global float*)\(pointer) + \(place)"
    if columnStep(access) == 1 { return "store_part16(\(lanes), count, \(to));" }
    return "scatter16(\(lanes), \(to), \(columnStep(access)), count);"
  }
}
