import CRetortCPU
import RetortCore

/// A program's instructions with resolved types and registers assigned to scratch memory.
///
/// A register is int32 where its operands are int32 and the operation is exact on integers;
/// everything else is real, and conversions are inserted.
struct InstructionList {
  private(set) var instructions: [retort_instruction] = []
  /// The register of each result.
  private(set) var results: [Int32] = []
  private(set) var slotCount = 0
  private var conversions: [Int32: Int32] = [:]

  /// - Parameter storesReals: Whether results are stored as reals whatever their type.
  init(_ program: PointwiseProgram, storesReals: Bool) {
    var map: [Int32] = []
    for instruction in program.instructions {
      map.append(append(instruction, program, map))
    }
    for result in program.results {
      let wantsInteger = result.dtype == .int32 && !storesReals
      results.append(convert(map[result.register], toInteger: wantsInteger))
    }
  }

  private mutating func append(
    _ instruction: PointwiseProgram.Instruction, _ program: PointwiseProgram, _ map: [Int32]
  ) -> Int32 {
    switch instruction {
    case .load(let operand):
      return emit(retort_load, [Int32(operand)], program.operands[operand].dtype == .int32)
    case .accumulator:
      return emit(retort_accumulator, [], false)
    case .constant(let value):
      return emit(retort_fill, [], false, constant: value)
    case .unary(.toFloat, let a):
      return convert(map[a], toInteger: false)
    case .unary(let op, let a):
      let onIntegers = isInteger(map[a]) && op.isExactOnIntegers
      return emit(op.operation, [convert(map[a], toInteger: onIntegers)], onIntegers)
    case .binary(let op, let a, let b):
      let onIntegers =
        op.isExactOnIntegers && agreeAsIntegers([map[a], map[b]])
      let operands = [a, b].map { convert(map[$0], toInteger: onIntegers) }
      return emit(op.operation, operands, onIntegers)
    case .select(let a, let b, let c):
      let onIntegers = agreeAsIntegers([map[b], map[c]])
      let condition = isInteger(map[a]) == onIntegers ? map[a] : nonzero(map[a], onIntegers)
      let operands = [b, c].map { convert(map[$0], toInteger: onIntegers) }
      return emit(retort_select, [condition] + operands, onIntegers)
    }
  }

  /// Whether at least one register is int32 and the others are int32 or integer constants.
  private func agreeAsIntegers(_ registers: [Int32]) -> Bool {
    registers.contains(where: isInteger)
      && registers.allSatisfy { isInteger($0) || isWholeConstant($0) }
  }

  private func isInteger(_ register: Int32) -> Bool {
    instructions[Int(register)].is_integer != 0
  }

  private func isWholeConstant(_ register: Int32) -> Bool {
    let instruction = instructions[Int(register)]
    return instruction.operation == retort_fill && Int32(exactly: instruction.constant) != nil
  }

  private mutating func convert(_ register: Int32, toInteger: Bool) -> Int32 {
    if isInteger(register) == toInteger { return register }
    if let known = conversions[register] { return known }
    let instruction = instructions[Int(register)]
    let result =
      instruction.operation == retort_fill
      ? emit(retort_fill, [], toInteger, constant: instruction.constant)
      : emit(toInteger ? retort_to_integer : retort_to_real, [register], toInteger)
    conversions[register] = result
    return result
  }

  /// A condition converted to the other type, with fractions counted as nonzero.
  private mutating func nonzero(_ register: Int32, _ toInteger: Bool) -> Int32 {
    guard toInteger else { return convert(register, toInteger: false) }
    let zero = emit(retort_fill, [], false, constant: 0)
    let isZero = emit(retort_equal, [register, zero], false)
    let one = emit(retort_fill, [], false, constant: 1)
    return convert(emit(retort_subtract, [one, isZero], false), toInteger: true)
  }

  private mutating func emit(
    _ operation: retort_operation, _ operands: [Int32], _ isInteger: Bool, constant: Double = 0
  ) -> Int32 {
    instructions.append(
      retort_instruction(
        operation: operation, a: operands.first ?? -1, b: operands.count > 1 ? operands[1] : -1,
        c: operands.count > 2 ? operands[2] : -1, is_integer: isInteger ? 1 : 0, slot: -1,
        result: -1, constant: constant))
    return Int32(instructions.count - 1)
  }

  private func sources(_ instruction: retort_instruction) -> [Int] {
    if instruction.operation == retort_load { return [] }
    return [instruction.a, instruction.b, instruction.c].filter { $0 >= 0 }.map(Int.init)
  }

  /// Assigns a memory location to each register.
  ///
  /// Dense operands are read in place, unless they are also stored, as another result may overwrite them
  /// first. The last instruction writes straight to its result if that is dense.
  mutating func place(operands: [retort_layout], results stored: [retort_access]) {
    var lastUse = Array(instructions.indices)
    for (index, instruction) in instructions.enumerated() {
      for source in sources(instruction) { lastUse[source] = index }
    }
    for register in results { lastUse[Int(register)] = Int.max }
    var free: [Int32] = []
    for index in instructions.indices {
      let instruction = instructions[index]
      let isOperand = instruction.operation == retort_load
      let layout = isOperand ? operands[Int(instruction.a)] : retort_dense
      let isInvariant = instruction.operation == retort_fill || layout.isInvariant
      let isStored = results.contains(Int32(index))
      if instruction.operation == retort_accumulator { continue }
      if isOperand, layout == retort_dense, !isStored || stored.isEmpty { continue }
      if index == instructions.count - 1, !isOperand, !isInvariant,
        let result = results.firstIndex(of: Int32(index)), result < stored.count,
        stored[result].layout == retort_dense
      {
        instructions[index].result = Int32(result)
        continue
      }
      if !isInvariant, let slot = free.popLast() {
        instructions[index].slot = slot
      } else {
        instructions[index].slot = Int32(slotCount)
        slotCount += 1
      }
      for source in Set(sources(instruction)) where lastUse[source] == index {
        if instructions[source].slot >= 0, !isInvariantRegister(source, operands) {
          free.append(instructions[source].slot)
        }
      }
    }
  }

  private func isInvariantRegister(_ register: Int, _ operands: [retort_layout]) -> Bool {
    let instruction = instructions[register]
    return instruction.operation == retort_fill
      || (instruction.operation == retort_load
        && operands[Int(instruction.a)].isInvariant)
  }
}

extension retort_layout {
  /// Whether an operand is copied to scratch memory once for all positions.
  fileprivate var isInvariant: Bool { self == retort_repeated || self == retort_periodic }
}

extension UnaryOp {
  fileprivate var operation: retort_operation {
    switch self {
    case .negate: retort_negate
    case .absolute: retort_absolute
    case .exp: retort_exp
    case .expm1: retort_expm1
    case .log: retort_log
    case .log1p: retort_log1p
    case .sqrt: retort_sqrt
    case .rsqrt: retort_rsqrt
    case .reciprocal: retort_reciprocal
    case .square: retort_square
    case .tanh: retort_tanh
    case .sigmoid: retort_sigmoid
    case .erf: retort_erf
    case .relu: retort_relu
    case .sign: retort_sign
    case .floor: retort_floor
    case .sin: retort_sin
    case .cos: retort_cos
    case .isPositive: retort_is_positive
    case .toFloat: retort_to_real
    }
  }

  fileprivate var isExactOnIntegers: Bool {
    switch self {
    case .negate, .absolute, .square, .relu, .sign, .floor, .isPositive: true
    default: false
    }
  }
}

extension BinaryOp {
  fileprivate var operation: retort_operation {
    switch self {
    case .add: retort_add
    case .subtract: retort_subtract
    case .multiply: retort_multiply
    case .divide: retort_divide
    case .maximum: retort_maximum
    case .minimum: retort_minimum
    case .power: retort_power
    case .greater: retort_greater
    case .greaterOrEqual: retort_greater_or_equal
    case .equal: retort_equal
    }
  }

  fileprivate var isExactOnIntegers: Bool { self != .divide && self != .power }
}
