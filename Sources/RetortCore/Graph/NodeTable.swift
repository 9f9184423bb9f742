/// Finds equal nodes while a graph is built, so that no expression is computed twice.
///
/// Open addressing over node indices; the key is the operation, the operands and the shape. Slots
/// keep the key's hash, so that a node is looked at only where it is very likely equal.
struct NodeTable {
  private struct Slot {
    var hash: UInt32 = 0
    var id: Int32 = -1
  }

  private var slots: [Slot] = Array(repeating: Slot(), count: 1024)
  private var used = 0

  /// The id of the equal node, or nil with the hash to insert a new one under.
  func find(
    _ op: Op, _ operands: [Int32], _ shape: Shape, in graph: Graph
  ) -> (id: Int32?, hash: UInt32) {
    let hash = NodeTable.hash(op, operands, shape)
    let mask = slots.count - 1
    var index = Int(hash) & mask
    while slots[index].id >= 0 {
      if slots[index].hash == hash, graph.isEqual(slots[index].id, op, operands, shape) {
        return (slots[index].id, hash)
      }
      index = (index + 1) & mask
    }
    return (nil, hash)
  }

  mutating func insert(_ id: Int32, hash: UInt32) {
    if used * 2 >= slots.count { grow() }
    place(Slot(hash: hash, id: id))
    used += 1
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: Slot(), count: old.count * 4)
    for slot in old where slot.id >= 0 { place(slot) }
  }

  private mutating func place(_ slot: Slot) {
    let mask = slots.count - 1
    var index = Int(slot.hash) & mask
    while slots[index].id >= 0 { index = (index + 1) & mask }
    slots[index] = slot
  }

  private static func hash(_ op: Op, _ operands: [Int32], _ shape: Shape) -> UInt32 {
    var state = UInt64(truncatingIfNeeded: op.tag) &* 0x9E37_79B9_7F4A_7C15
    for operand in operands {
      state = (state ^ UInt64(UInt32(bitPattern: operand))) &* 0xFF51_AFD7_ED55_8CCD
      state ^= state >> 29
    }
    state =
      (state ^ UInt64(UInt32(bitPattern: shape.extents.wrappedSum()))) &* 0xC4CE_B9FE_1A85_EC53
    return UInt32(truncatingIfNeeded: state ^ (state >> 32))
  }
}

extension Graph {
  /// Whether node `id` is the same operation with the same operands and shape.
  fileprivate func isEqual(_ id: Int32, _ op: Op, _ operands: [Int32], _ shape: Shape) -> Bool {
    nodes.withUnsafeBufferPointer { nodes in
      let node = nodes[Int(id)]
      return Int(node.inputCount) == operands.count && node.shape == shape && node.op == op
        && self.operands(id).elementsEqual(operands)
    }
  }
}

extension Op {
  /// A cheap hash of the operation; equal operations have equal tags.
  fileprivate var tag: Int {
    switch self {
    case .input(let slot): 1 &+ Int(slot) &* 64
    case .variable(let slot, let offset, let phase):
      2 &+ Int(slot) &* 64 &+ offset &* 4096 &+ Int(phase) &* 31
    case .constant(let index): 3 &+ Int(index) &* 64
    case .fill(let value): 4 ^ Int(truncatingIfNeeded: value.bitPattern &* 31)
    case .random(_, let stream): 5 &+ Int(stream) &* 64
    case .unary(let op): 6 &+ Int(op.rawValue) &* 64
    case .binary(let op): 7 &+ Int(op.rawValue) &* 64
    case .slice(let starts): 8 &+ Int(starts.wrappedSum()) &* 64
    case .transpose(let axes): 9 &+ Int(axes[0]) &* 64 &+ Int(axes[1]) &* 512
    case .reduce(let op, let axes): 10 &+ Int(op.rawValue) &* 64 &+ Int(axes) &* 256
    case .matmul(let a, let b): 11 &+ (a ? 64 : 0) &+ (b ? 128 : 0)
    case .convolution: 12
    case .convolutionInputGradient: 13
    case .convolutionWeightGradient: 14
    case .pack(let index): 16 &+ Int(index) &* 64
    case .reshape: 17
    case .broadcast: 18
    default: 19
    }
  }
}
