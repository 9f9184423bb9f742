import RetortCore

/// How generated code finds the elements of operands and results in nested loops.
///
/// Operand `i` is the parameter `a{i}`, result `j` the parameter `y{j}`; a loop level puts a letter
/// before the names of its pointers (`pa0`, `qa0`). Strides are the parameters `sa0_1` (access, axis),
/// extents `n1`: texts do not depend on sizes, so equal chains share one kernel.
struct Addressing {
  /// One operand or result.
  private struct Access {
    let name: String
    let dtype: DType
    let isConstant: Bool
  }

  /// The merged axes.
  let space: IterationSpace
  private let operandCount: Int
  private var accesses: [Access] = []
  /// Whether dense runs of 16 are stored past the caches.
  private let streams: Bool
  /// All parameters so far.
  var parameters = KernelParameters()

  /// Declares the pointers of `program` and every stride that is neither 0 nor, on `vectorAxis`, 1.
  ///
  /// - Parameters:
  ///   - outputs: Empty where the kernel stores results in its own way.
  ///   - streams: Whether dense runs of 16 are stored past the caches.
  init(
    _ program: PointwiseProgram, _ space: IterationSpace, vectorAxis: Int?,
    inputs: [BufferReference], outputs: [BufferReference], streams: Bool = false
  ) {
    (self.space, self.streams) = (space, streams)
    operandCount = inputs.count
    for (index, operand) in program.operands.enumerated() {
      add("a\(index)", inputs[index], operand.dtype, isConstant: true)
    }
    for (index, output) in outputs.enumerated() {
      add("y\(index)", output, program.results[index].dtype, isConstant: false)
    }
    offsets = zip(accesses, program.operands.map(\.access) + program.results.map(\.access))
      .map { $1.offset }
    for (index, access) in accesses.enumerated() where offsets[index] != 0 {
      parameters.add("o\(access.name)", offsets[index])
    }
    for (index, access) in accesses.enumerated() {
      for (axis, stride) in space.strides[index].enumerated()
      where stride != 0 && !(axis == vectorAxis && stride == 1) {
        parameters.add("s\(access.name)_\(axis)", stride)
      }
    }
  }

  private var offsets: [Int] = []

  private mutating func add(
    _ name: String, _ reference: BufferReference, _ dtype: DType, isConstant: Bool
  ) {
    accesses.append(Access(name: name, dtype: dtype, isConstant: isConstant))
    parameters.add(name, reference, dtype, isConstant: isConstant)
  }

  /// Declares the extents that `coordinates` divides by.
  mutating func declareExtents(_ axes: Range<Int>) {
    for axis in axes.dropFirst() { parameters.add("n\(axis)", space.extents[axis]) }
  }

  /// Statements that split `index` into the coordinates of `axes`, and the coordinates' names.
  func coordinates(
    _ axes: Range<Int>, of index: String
  ) -> (statements: [String], names: [String]) {
    if axes.isEmpty { return ([], []) }
    if axes.count == 1 { return ([], ["(\(index))"]) }
    var statements: [String] = []
    var rest = "(\(index))"
    for axis in axes.dropFirst().reversed() {
      statements.append("const int x\(axis) = \(rest) % n\(axis);")
      let next = axis - 1 == axes.lowerBound ? "x\(axis - 1)" : "rest\(axis)"
      statements.append("const int \(next) = \(rest) / n\(axis);")
      rest = next
    }
    return (statements, axes.map { "x\($0)" })
  }

  /// Statements that declare pointers `to…` at the position `index` along `axes` from pointers
  /// `from…`; the first level, from "", adds the offsets.
  func advance(_ from: String, _ to: String, _ axes: Range<Int>, _ index: String) -> [String] {
    var (statements, names) = coordinates(axes, of: index)
    for (number, access) in accesses.enumerated() {
      var address = from + access.name
      if from.isEmpty, offsets[number] != 0 { address += " + o\(access.name)" }
      for (axis, name) in zip(axes, names) where space.strides[number][axis] != 0 {
        address += " + (size_t)(\(name)) * s\(access.name)_\(axis)"
      }
      let type = access.dtype == .float32 ? "float" : "int"
      statements.append(
        "__global \(access.isConstant ? "const " : "")\(type)* \(to)\(access.name) = \(address);")
    }
    return statements
  }

  private func stride(_ number: Int, _ axis: Int?) -> Int {
    axis.map { space.strides[number][$0] } ?? 0
  }

  /// 16 elements of operand `number` from `column` on, of which `count` exist.
  func load16(
    _ number: Int, level: String, axis: Int?, column: String, count: String
  ) -> String {
    let access = accesses[number]
    let type = ProgramText.Width.sixteen.type(access.dtype)
    let pointer = level + access.name
    switch stride(number, axis) {
    case 0: return "(\(type))(\(pointer)[0])"
    case 1:
      let run = "load16((__global const float*)\(pointer) + (\(column)))"
      return access.dtype == .float32 ? run : "as_int16(\(run))"
    default:
      let step = "s\(access.name)_\(axis ?? 0)"
      let gather =
        "gather16((__global const float*)\(pointer) + (size_t)(\(column)) * \(step), \(step), \(count))"
      return access.dtype == .float32 ? gather : "as_int16(\(gather))"
    }
  }

  /// A statement that stores `count` lanes of `value` to result `number` from `column` on.
  func store16(
    _ value: String, _ number: Int, level: String, axis: Int?, column: String, count: String
  ) -> String {
    let access = accesses[operandCount + number]
    let lanes = access.dtype == .float32 ? value : "as_float16(\(value))"
    let pointer = "(__global float*)\(level)\(access.name)"
    guard let axis, stride(operandCount + number, axis) != 1 else {
      let store = streams ? "stream_part16" : "store_part16"
      return "\(store)(\(lanes), \(count), \(pointer) + (\(column)));"
    }
    let step = "s\(access.name)_\(axis)"
    return "scatter16(\(lanes), \(pointer) + (size_t)(\(column)) * \(step), \(step), \(count));"
  }

  /// The element of an operand, or of result `number - operands`, at named coordinates of `axes`.
  func element(_ number: Int, level: String, axes: Range<Int>, at names: [String]) -> String {
    let access = accesses[number]
    var terms: [String] = []
    if level.isEmpty, offsets[number] != 0 { terms.append("o\(access.name)") }
    for (axis, name) in zip(axes, names) where space.strides[number][axis] != 0 {
      let isUnit = parameters.arguments.pairs.allSatisfy { $0.name != "s\(access.name)_\(axis)" }
      terms.append(isUnit ? name : "(size_t)(\(name)) * s\(access.name)_\(axis)")
    }
    return "\(level)\(access.name)[\(terms.isEmpty ? "0" : terms.joined(separator: " + "))]"
  }

  /// As `element`, for a result.
  func resultElement(_ number: Int, level: String, axes: Range<Int>, at names: [String]) -> String {
    element(operandCount + number, level: level, axes: axes, at: names)
  }
}
