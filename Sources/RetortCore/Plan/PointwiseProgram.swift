/// A fused chain of element-wise operations over one iteration space.
///
/// Used alone, as the prologue of a reduction, and as the epilogue of a contraction. Registers are
/// numbered by instruction; every instruction defines one.
package struct PointwiseProgram: Hashable, Sendable {
  /// The memory layout of an operand or result over the iteration space.
  package struct Access: Hashable, Sendable {
    /// The offset of the first element, in elements.
    package var offset: Int
    /// The stride along each axis of the iteration space, in elements; 0 repeats.
    package var strides: SIMD8<Int>

    package init(offset: Int = 0, strides: SIMD8<Int>) {
      self.offset = offset
      self.strides = strides
    }
  }

  package struct Operand: Hashable, Sendable {
    package var access: Access
    package var dtype: DType

    package init(access: Access, dtype: DType) { (self.access, self.dtype) = (access, dtype) }
  }

  package enum Instruction: Hashable, Sendable {
    /// The element of operand `Int` at the current position.
    case load(Int)
    /// The result of the enclosing contraction or reduction at the current position.
    case accumulator
    case constant(Double)
    case unary(UnaryOp, Int)
    case binary(BinaryOp, Int, Int)
    /// `a ≠ 0 ? b : c`.
    case select(Int, Int, Int)
  }

  package struct Result: Hashable, Sendable {
    package var register: Int
    package var access: Access
    package var dtype: DType

    package init(register: Int, access: Access, dtype: DType) {
      (self.register, self.access, self.dtype) = (register, access, dtype)
    }
  }

  /// The iteration space.
  package var shape: Shape
  package var operands: [Operand] = []
  package var instructions: [Instruction] = []
  /// The registers to store, one per output of the step; for a reduction's prologue, the values to reduce.
  package var results: [Result] = []

  package init(shape: Shape) { self.shape = shape }

  /// The program that copies a dense operand to a dense result.
  package static func copy(of shape: Shape, _ dtype: DType) -> PointwiseProgram {
    var program = PointwiseProgram(shape: shape)
    let access = Access(strides: shape.strides)
    program.operands = [Operand(access: access, dtype: dtype)]
    program.instructions = [.load(0)]
    program.results = [Result(register: 0, access: access, dtype: dtype)]
    return program
  }

  /// Whether an operand or result lies in memory in the order of the iteration space; strides of axes of
  /// extent 1 do not count.
  package func isDense(_ access: Access) -> Bool {
    guard access.offset == 0 else { return false }
    let strides = shape.strides
    return (0..<shape.rank).allSatisfy { shape[$0] == 1 || access.strides[$0] == strides[$0] }
  }
}
