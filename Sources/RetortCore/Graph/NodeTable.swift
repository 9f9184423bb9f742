/// Finds equal nodes while a graph is built, so that no expression is computed twice.
///
/// Open addressing over node indices; the key is the operation, the operands and the shape.
struct NodeTable {
  private var slots: [Int32] = Array(repeating: -1, count: 1024)
  private var used = 0

  func find(_ op: Op, _ operands: [Int32], _ shape: Shape, in graph: Graph) -> Int32? {
    let mask = slots.count - 1
    var index = NodeTable.hash(op, operands[...], shape) & mask
    while slots[index] >= 0 {
      let candidate = slots[index]
      let node = graph.nodes[Int(candidate)]
      if Int(node.inputCount) == operands.count, node.shape == shape, node.op == op,
        graph.operands(candidate).elementsEqual(operands)
      {
        return candidate
      }
      index = (index + 1) & mask
    }
    return nil
  }

  mutating func insert(_ id: Int32, in graph: Graph) {
    if used * 2 >= slots.count { grow(graph) }
    place(id, graph)
    used += 1
  }

  private mutating func grow(_ graph: Graph) {
    let old = slots
    slots = Array(repeating: -1, count: old.count * 4)
    for id in old where id >= 0 { place(id, graph) }
  }

  private mutating func place(_ id: Int32, _ graph: Graph) {
    let node = graph.nodes[Int(id)]
    let mask = slots.count - 1
    var index = NodeTable.hash(node.op, graph.operands(id), node.shape) & mask
    while slots[index] >= 0 { index = (index + 1) & mask }
    slots[index] = id
  }

  private static func hash(_ op: Op, _ operands: ArraySlice<Int32>, _ shape: Shape) -> Int {
    var state = UInt64(truncatingIfNeeded: op.tag) &* 0x9E37_79B9_7F4A_7C15
    for operand in operands {
      state = (state ^ UInt64(UInt32(bitPattern: operand))) &* 0xFF51_AFD7_ED55_8CCD
      state ^= state >> 29
    }
    state =
      (state ^ UInt64(UInt32(bitPattern: shape.extents.wrappedSum()))) &* 0xC4CE_B9FE_1A85_EC53
    return Int(truncatingIfNeeded: (state ^ (state >> 32)) & 0x7FFF_FFFF)
  }
}

extension Op {
  /// A cheap number that separates most operations; equal operations have equal tags.
  fileprivate var tag: Int {
    switch self {
    case .input(let slot): 1 &+ Int(slot) &* 64
    case .variable(let slot, let offset): 2 &+ Int(slot) &* 64 &+ offset &* 4096
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
    case .named(let name): 15 &+ Int(name) &* 64
    case .pack(let index): 16 &+ Int(index) &* 64
    case .reshape: 17
    case .broadcast: 18
    default: 19
    }
  }
}
