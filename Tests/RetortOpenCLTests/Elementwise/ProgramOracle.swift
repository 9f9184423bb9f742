import RetortCore

/// Runs a pointwise program one position at a time, in float64.
struct ProgramOracle {
  let program: PointwiseProgram
  let inputs: [HostArray]

  /// The results at a position given by its coordinates.
  func results(at position: [Int], accumulator: Double = 0) -> [Double] {
    var registers: [Double] = []
    for instruction in program.instructions {
      registers.append(value(instruction, registers, position, accumulator))
    }
    return program.results.map { registers[$0.register] }
  }

  private func value(
    _ instruction: PointwiseProgram.Instruction, _ registers: [Double], _ position: [Int],
    _ accumulator: Double
  ) -> Double {
    switch instruction {
    case .load(let index):
      let place = Self.place(program.operands[index].access, position)
      return switch inputs[index] {
      case .float32(let values): Double(values[place])
      case .int32(let values): Double(values[place])
      case .uint8(let values): Double(values[place])
      }
    case .accumulator: return accumulator
    case .constant(let value): return value
    case .unary(let op, let x): return op.evaluate(registers[x])
    case .binary(let op, let x, let y): return op.evaluate(registers[x], registers[y])
    case .select(let condition, let x, let y):
      return registers[condition] != 0 ? registers[x] : registers[y]
    }
  }

  /// The element that an access touches at a position.
  static func place(_ access: PointwiseProgram.Access, _ position: [Int]) -> Int {
    access.offset + position.enumerated().map { access.strides[$0] * $1 }.reduce(0, +)
  }

  /// Every position of the iteration space, row-major.
  var positions: [[Int]] {
    program.shape.dimensions.reduce([[]]) { prefixes, extent in
      prefixes.flatMap { prefix in (0..<extent).map { prefix + [$0] } }
    }
  }

  /// The value of result `index` everywhere, at the places where it is stored.
  func stored(_ index: Int, in count: Int, accumulators: [Double]? = nil) -> [Int: Double] {
    var found: [Int: Double] = [:]
    for (number, position) in positions.enumerated() {
      let value = results(at: position, accumulator: accumulators?[number] ?? 0)[index]
      found[Self.place(program.results[index].access, position)] = value
    }
    return found
  }
}

extension PointwiseProgram {
  /// An access to a dense tensor of this shape.
  var dense: Access { Access(strides: shape.strides) }

  /// Adds an operand and loads it.
  mutating func load(_ access: Access? = nil, _ dtype: DType = .float32) -> Int {
    operands.append(.init(access: access ?? dense, dtype: dtype))
    return add(.load(operands.count - 1))
  }

  mutating func add(_ instruction: Instruction) -> Int {
    instructions.append(instruction)
    return instructions.count - 1
  }

  mutating func store(_ register: Int, _ access: Access? = nil, _ dtype: DType = .float32) {
    results.append(.init(register: register, access: access ?? dense, dtype: dtype))
  }

  /// The elements a buffer needs for `access`.
  func extent(_ access: Access) -> Int {
    1 + access.offset
      + shape.dimensions.enumerated().map { ($1 - 1) * access.strides[$0] }.reduce(0, +)
  }
}
