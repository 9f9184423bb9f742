/// A computation ready for a device: a flat list of steps over values at fixed places in memory.
public struct Plan: Sendable {
  /// A piece of memory that steps read and write.
  package struct Value: Sendable {
    package enum Storage: Sendable, Hashable {
      /// In the arena, `offset` bytes in; shared over time with other values.
      case arena(offset: Int)
      /// In the persistent region, `offset` bytes in; zero at first, never shared.
      case persistent(offset: Int)
      /// Part of a variable, from element `offset` on.
      case variable(Int, offset: Int)
      case input(Int)
      case constant(Int)
    }
    package var storage: Storage
    package var count: Int
    package var dtype: DType
  }

  /// An input that the host provides before each run.
  package struct Input: Sendable {
    package var name: String
    package var shape: Shape
    package var dtype: DType
    package var value: Int
  }

  /// An output that the host may read after a run.
  package struct Output: Sendable {
    package var shape: Shape
    package var dtype: DType
    package var value: Int
  }

  package var values: [Value] = []
  /// The steps run once after compilation, and again when a frozen variable is rewritten.
  package var setup: [Step] = []
  /// The steps of every run, in order.
  package var steps: [Step] = []
  package var inputs: [Input] = []
  package var outputs: [Output] = []
  package var variables: [Variable] = []
  package var constants: [HostArray] = []
  /// The arena's extent in bytes.
  package var arenaByteCount = 0
  /// The persistent region's extent in bytes.
  package var persistentByteCount = 0

  /// The alignment of values in memory, in bytes.
  package static let alignment = 512
  /// The readable bytes after a value's last element, so that vector loads may read past it.
  package static let slack = 256

  /// Whether two values have bytes in common.
  package func overlap(_ a: Int, _ b: Int) -> Bool {
    func bytes(_ value: Int, from offset: Int) -> Range<Int> {
      offset..<offset + values[value].count * values[value].dtype.byteCount
    }
    func variable(_ value: Int, from offset: Int) -> Range<Int> {
      bytes(value, from: offset * values[value].dtype.byteCount)
    }
    return switch (values[a].storage, values[b].storage) {
    case (.arena(let x), .arena(let y)), (.persistent(let x), .persistent(let y)):
      bytes(a, from: x).overlaps(bytes(b, from: y))
    case (.variable(let slot, let x), .variable(let other, let y)):
      slot == other && variable(a, from: x).overlaps(variable(b, from: y))
    case (.input, .input), (.constant, .constant): values[a].storage == values[b].storage
    default: false
    }
  }

  /// The bytes that any device needs for the plan beside its variables: regions, inputs and constants.
  package var leastByteCount: Int {
    arenaByteCount + persistentByteCount
      + inputs.reduce(0) { $0 + Plan.reservation($1.shape.count, $1.dtype) }
      + constants.reduce(0) { $0 + Plan.reservation($1.count, $1.dtype) }
  }

  /// The bytes to reserve for a value.
  package static func reservation(_ count: Int, _ dtype: DType) -> Int {
    count.saturatingProduct(dtype.byteCount).saturatingSum(slack + alignment - 1) / alignment
      * alignment
  }
}
