import RetortCore

/// A random program with inputs: every kind of stride, both types, several results.
struct ArbitraryProgram {
  var program: PointwiseProgram
  var inputs: [HostArray] = []
  var outputCounts: [Int] = []
  private var numbers: TestNumbers

  init(seed: UInt64, accumulator: Bool = false, densestResults: Bool = false, integers: Bool = true)
  {
    numbers = TestNumbers(seed: seed)
    let rank = numbers.int((accumulator ? 2 : 0)..<6)
    let choices = rank > 3 ? [1, 2, 3, 5, 8, 16] : [1, 2, 3, 7, 8, 10, 16, 17, 33, 64, 100]
    var extents: [Int] = []
    for _ in 0..<rank { extents.append(numbers.pick(choices)) }
    program = PointwiseProgram(shape: Shape(extents))
    var registers: [Int] = accumulator ? [program.add(.accumulator)] : []
    for _ in 0..<numbers.int(1..<4) { registers.append(load(.float32)) }
    if integers, numbers.int(0..<3) == 0 {
      registers.append(program.add(.unary(.toFloat, load(.int32))))
    }
    if numbers.int(0..<2) == 0 {
      registers.append(program.add(.constant(Double(numbers.float()))))
    }
    for _ in 0..<numbers.int(1..<6) {
      let (a, b) = (numbers.pick(registers), numbers.pick(registers))
      let next: PointwiseProgram.Instruction =
        switch numbers.int(0..<4) {
        case 0: .unary(numbers.pick([.negate, .square, .relu, .sigmoid, .tanh, .absolute]), a)
        case 1: .select(numbers.pick(registers), a, b)
        default: .binary(numbers.pick([.add, .subtract, .multiply, .maximum, .minimum]), a, b)
        }
      registers.append(program.add(next))
    }
    for index in 0..<numbers.int(1..<4) {
      let register = index == 0 ? registers[registers.count - 1] : numbers.pick(registers)
      let access = densestResults ? program.dense : resultAccess()
      program.store(register, access)
      outputCounts.append(program.extent(access))
    }
  }

  private mutating func load(_ dtype: DType) -> Int {
    let access = operandAccess()
    let count = program.extent(access)
    inputs.append(
      dtype == .float32
        ? .float32(numbers.floats(count))
        : .int32((0..<count).map { _ in Int32(numbers.int(-5..<6)) }))
    return program.load(access, dtype)
  }

  /// Dense, broadcast along some axes, transposed, or a slice of something larger.
  private mutating func operandAccess() -> PointwiseProgram.Access {
    let rank = program.shape.rank
    let kind = numbers.int(0..<4)
    var order = Array(0..<rank)
    if kind == 2, rank > 1 { order.swapAt(numbers.int(0..<rank), numbers.int(0..<rank)) }
    var strides = SIMD8<Int>(repeating: 0)
    var step = 1
    for axis in order.reversed() {
      let isRepeated = kind == 1 && numbers.int(0..<2) == 0
      strides[axis] = isRepeated ? 0 : step
      if !isRepeated { step *= program.shape[axis] + (kind == 3 ? numbers.int(0..<3) : 0) }
    }
    return .init(offset: kind == 3 ? numbers.int(0..<9) : 0, strides: strides)
  }

  private mutating func resultAccess() -> PointwiseProgram.Access {
    var strides = SIMD8<Int>(repeating: 0)
    let isSlice = numbers.int(0..<3) == 0
    var step = isSlice && numbers.int(0..<4) == 0 ? 2 : 1
    for axis in (0..<program.shape.rank).reversed() {
      strides[axis] = step
      step *= program.shape[axis] + (isSlice ? numbers.int(0..<3) : 0)
    }
    return .init(offset: isSlice ? numbers.int(0..<9) : 0, strides: strides)
  }
}
