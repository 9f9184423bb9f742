import CRetortCPU
import RetortCore

/// An element-wise program in the interpreter's form, bound to memory.
final class CompiledProgram {
  let pointer: UnsafePointer<retort_program>
  private let program: UnsafeMutablePointer<retort_program>
  private let operands: UnsafeMutableBufferPointer<retort_access>
  private let results: UnsafeMutableBufferPointer<retort_access>
  private let instructions: UnsafeMutableBufferPointer<retort_instruction>
  private let registers: UnsafeMutableBufferPointer<Int32>

  /// - Parameters:
  ///   - operandMemory: The values of the operands, without their offsets.
  ///   - resultMemory: The values of the results, or nil where the caller reads registers.
  init(
    _ source: PointwiseProgram, operandMemory: [UnsafeMutableRawPointer],
    resultMemory: [UnsafeMutableRawPointer]?, precision: CPUBackend.Precision
  ) {
    let space = CoalescedSpace(source)
    var code = InstructionList(source, storesReals: resultMemory == nil)
    func access(
      _ access: PointwiseProgram.Access, _ dtype: DType, _ memory: UnsafeMutableRawPointer
    ) -> retort_access {
      let strides = space.strides(access)
      var result = retort_access(
        base: memory + access.offset * precision.byteCount(dtype),
        strides: (0, 0, 0, 0, 0, 0, 0, 0), layout: space.layout(strides),
        is_integer: dtype == .int32 ? 1 : 0)
      withUnsafeMutableBytes(of: &result.strides) { bytes in
        let target = bytes.bindMemory(to: Int64.self)
        for (axis, stride) in strides.enumerated() { target[axis] = Int64(stride) }
      }
      return result
    }
    operands = .copy(zip(source.operands, operandMemory).map { access($0.access, $0.dtype, $1) })
    let stored = (resultMemory ?? []).enumerated().map { index, memory in
      access(source.results[index].access, source.results[index].dtype, memory)
    }
    results = .copy(stored)
    code.place(operands: operands.map(\.layout), results: stored)
    instructions = .copy(code.instructions)
    registers = .copy(code.results)
    program = .allocate(capacity: 1)
    var description = retort_program(
      rank: Int32(space.extents.count), extents: (0, 0, 0, 0, 0, 0, 0, 0),
      instruction_count: Int32(instructions.count), slot_count: Int32(code.slotCount),
      result_count: Int32(source.results.count), operands: operands.start,
      instructions: instructions.start, results: results.start, result_registers: registers.start)
    withUnsafeMutableBytes(of: &description.extents) { bytes in
      let target = bytes.bindMemory(to: Int64.self)
      for (axis, extent) in space.extents.enumerated() { target[axis] = Int64(extent) }
    }
    program.initialize(to: description)
    pointer = UnsafePointer(program)
  }

  deinit {
    program.deallocate()
    operands.deallocate()
    results.deallocate()
    instructions.deallocate()
    registers.deallocate()
  }

  /// The scratch memory for one evaluation, in bytes.
  var scratchBytes: Int { Int(retort_program_scratch(pointer)) }
}

extension UnsafeMutableBufferPointer {
  /// A heap copy of an array's elements, with room for at least one.
  fileprivate static func copy(_ elements: [Element]) -> UnsafeMutableBufferPointer {
    let buffer = UnsafeMutableBufferPointer.allocate(capacity: Swift.max(1, elements.count))
    _ = buffer.initialize(from: elements)
    return UnsafeMutableBufferPointer(rebasing: buffer[..<elements.count])
  }

  fileprivate var start: UnsafePointer<Element> {
    guard let baseAddress else { preconditionFailure("the buffer has memory") }
    return UnsafePointer(baseAddress)
  }
}

/// An iteration space with adjacent axes merged wherever all accesses allow it.
struct CoalescedSpace {
  private(set) var extents: [Int] = []
  /// The innermost original axis of each merged axis.
  private var axes: [Int] = []

  init(_ program: PointwiseProgram) {
    let accesses = program.operands.map(\.access) + program.results.map(\.access)
    for axis in 0..<program.shape.rank where program.shape[axis] != 1 {
      let extent = program.shape[axis]
      if let outer = axes.last,
        accesses.allSatisfy({ $0.strides[outer] == $0.strides[axis] * extent })
      {
        extents[extents.count - 1] *= extent
        axes[axes.count - 1] = axis
      } else {
        extents.append(extent)
        axes.append(axis)
      }
    }
    if extents.isEmpty { (extents, axes) = ([1], [-1]) }
  }

  func strides(_ access: PointwiseProgram.Access) -> [Int] {
    axes.map { $0 < 0 ? 0 : access.strides[$0] }
  }

  func layout(_ strides: [Int]) -> retort_layout {
    if strides.allSatisfy({ $0 == 0 }) {
      return extents == [1] ? retort_dense : retort_repeated
    }
    if strides.dropLast().allSatisfy({ $0 == 0 }), strides.count > 1,
      let period = extents.last, period <= Int(RETORT_PERIOD)
    {
      return retort_periodic
    }
    var step = 1
    for axis in strides.indices.reversed() {
      guard strides[axis] == step else { return retort_strided }
      step *= extents[axis]
    }
    return retort_dense
  }
}
