/// Nodes that become one step: a contraction with what it finishes, sibling reductions, a loss
/// with its gradient, or a group of element-wise results.
struct Unit {
  enum Kind: Hashable {
    /// Element-wise results alone.
    case pointwise
    /// A contraction; element-wise members are its epilogue.
    case contraction
    /// Reductions over one iteration space.
    case reduction
    /// A loss over rows of logits and its gradients.
    case rows
    /// Any other single operation.
    case single
  }

  var kind: Kind
  var members: [Int32]
  /// The iteration space of element-wise members or of a reduction's operand.
  var shape: Shape
  /// The stored nodes that members read from other units.
  var reads: Set<Int32>
  var isFrozen: Bool
  /// The phase that the step belongs to.
  var phase: Int32

  var first: Int32 { members[0] }
  var last: Int32 { members[members.count - 1] }
  /// What units are ordered by.
  var order: (Int32, Int32) { (phase, last) }
}

/// Groups stored nodes into units, merging where one launch can serve several.
struct Grouping {
  let graph: Graph
  let uses: Uses
  let materialization: Materialization
  private(set) var units: [Unit] = []
  /// The unit of each stored node that a step computes, else -1.
  private(set) var unitOf: [Int32]
  /// The first and the last member of each unit, in the order of first members.
  private var spans: [(first: Int32, last: Int32)] = []
  private var siblings: [SiblingKey: Int32] = [:]
  /// Nodes that write a variable in place and so must stay alone.
  private let alone: Set<Int32>

  private struct SiblingKey: Hashable {
    var kind: Unit.Kind
    var shape: Shape
    var axes: UInt8
    var operands: [Int32]
    var isFrozen: Bool
    var phase: Int32
  }

  init(_ graph: Graph, _ uses: Uses, _ materialization: Materialization, alone: Set<Int32>) {
    self.graph = graph
    self.uses = uses
    self.materialization = materialization
    self.alone = alone
    unitOf = Array(repeating: -1, count: graph.nodes.count)
    for id in graph.nodes.indices where uses.reachable[id] && materialization.stored[id] {
      place(Int32(id))
    }
  }

  private mutating func place(_ id: Int32) {
    let node = graph.nodes[Int(id)]
    switch node.op {
    case .input, .variable, .constant, .poison: return
    case .fill, .unary, .binary, .select, .stopGradient, .reshape, .slice, .transpose,
      .broadcast:
      placePointwise(id, node)
    case .concatenate, .pad, .pack:
      append(unit(.single, id, node.shape))
    case .matmul, .convolution, .convolutionInputGradient:
      append(unit(.contraction, id, node.shape))
    case .reduce(_, let axes):
      let operand = graph.operand(id, 0)
      let shape = graph.nodes[Int(operand)].shape
      placeSibling(id, .reduction, shape, axes, [])
    case .crossEntropy, .crossEntropyGradient, .divergence, .divergenceGradient:
      let pair = graph.operands(id).prefix(2)
      placeSibling(id, .rows, graph.nodes[Int(pair[pair.startIndex])].shape, 0, Array(pair))
    default: append(unit(.single, id, node.shape))
    }
  }

  /// A unit of one node.
  private func unit(_ kind: Unit.Kind, _ id: Int32, _ shape: Shape) -> Unit {
    Unit(
      kind: kind, members: [id], shape: shape, reads: reads(of: id), isFrozen: uses.frozen[Int(id)],
      phase: uses.phases.phases[Int(id)])
  }

  private mutating func append(_ unit: Unit) {
    for member in unit.members { unitOf[Int(member)] = Int32(units.count) }
    units.append(unit)
    spans.append((unit.first, unit.last))
  }

  private mutating func join(_ id: Int32, _ index: Int32, reads: Set<Int32>) {
    unitOf[Int(id)] = index
    units[Int(index)].members.append(id)
    spans[Int(index)].last = id
    units[Int(index)].reads.formUnion(reads)
    for member in units[Int(index)].members { units[Int(index)].reads.remove(member) }
  }

  /// The stored nodes an operation or expression reads.
  private func reads(of id: Int32) -> Set<Int32> {
    var found: Set<Int32> = []
    var stack = Array(graph.operands(id))
    while let next = stack.popLast() {
      if let alias = materialization.alias(next) {
        found.insert(alias.node)
      } else {
        stack.append(contentsOf: graph.operands(next))
      }
    }
    return found
  }

  private mutating func placePointwise(_ id: Int32, _ node: Node) {
    let reads = reads(of: id)
    let frozen = uses.frozen[Int(id)]
    if !alone.contains(id) {
      var builder = ProgramBuilder(materialization, shape: node.shape, members: [id])
      builder.store(id)
      var (dense, elsewhere): ([Int32], Set<Int32>) = ([], [])
      for (operand, use) in zip(builder.operandNodes, builder.program.operands) {
        if builder.program.isDense(use.access),
          graph.nodes[Int(operand)].shape.count == node.shape.count
        {
          dense.append(operand)
        } else {
          elsewhere.insert(unitOf[Int(operand)])
        }
      }
      for candidate in dense.sorted(by: >) {
        let index = unitOf[Int(candidate)]
        // A unit's elements at other places, such as those of its transpose, are there once it has ended.
        guard index >= 0, !elsewhere.contains(index), units[Int(index)].isFrozen == frozen,
          !alone.contains(candidate),
          units[Int(index)].phase == uses.phases.phases[Int(id)],
          accepts(units[Int(index)], candidate, node), isAcyclic(adding: reads, to: index)
        else { continue }
        units[Int(index)].shape = node.shape
        return join(id, index, reads: reads)
      }
    }
    append(unit(.pointwise, id, node.shape))
  }

  private func accepts(_ unit: Unit, _ candidate: Int32, _ node: Node) -> Bool {
    switch unit.kind {
    case .pointwise: return unit.shape == node.shape && unit.members.count < 4
    case .contraction:
      let contraction = graph.nodes[Int(unit.first)].shape
      guard contraction.columnCount == node.shape.columnCount, unit.members.count < 4 else {
        return false
      }
      return unit.members.count == 1 || unit.shape == node.shape
    default: return false
    }
  }

  private mutating func placeSibling(
    _ id: Int32, _ kind: Unit.Kind, _ shape: Shape, _ axes: UInt8, _ operands: [Int32]
  ) {
    let reads = reads(of: id)
    let key = SiblingKey(
      kind: kind, shape: shape, axes: axes, operands: operands, isFrozen: uses.frozen[Int(id)],
      phase: uses.phases.phases[Int(id)])
    if let index = siblings[key], units[Int(index)].members.count < 4,
      kind == .rows
        ? fits(id, units[Int(index)]) : !units[Int(index)].reads.isDisjoint(with: reads),
      reads.isDisjoint(with: units[Int(index)].members), isAcyclic(adding: reads, to: index)
    {
      return join(id, index, reads: reads)
    }
    siblings[key] = Int32(units.count)
    append(unit(kind, id, shape))
  }

  /// Whether a loss or gradient over rows can be computed in the launch of its siblings.
  private func fits(_ id: Int32, _ unit: Unit) -> Bool {
    let op = graph.nodes[Int(id)].op
    for member in unit.members {
      let other = graph.nodes[Int(member)].op
      guard op.rowsKind == other.rowsKind, op != other else { return false }
      if let upstream = graph.operands(id).dropFirst(2).first,
        let otherUpstream = graph.operands(member).dropFirst(2).first, upstream != otherUpstream
      {
        return false
      }
    }
    return true
  }

  /// Whether a unit may read `reads` too: none of them may depend on the unit through others.
  private func isAcyclic(adding reads: Set<Int32>, to index: Int32) -> Bool {
    // Units that end before the last place which none spans read units that end there too. Where one spans a place, its
    // later members may depend on this unit and its earlier ones be read from before it.
    var floor = units[Int(index)].first
    for unit in stride(from: Int(index) - 1, through: 0, by: -1) where spans[unit].last > floor {
      floor = spans[unit].first
    }
    var visited: Set<Int32> = []
    var stack: [Int32] = []
    for node in reads where unitOf[Int(node)] >= 0 && unitOf[Int(node)] != index {
      stack.append(unitOf[Int(node)])
    }
    while let next = stack.popLast() {
      if next == index { return false }
      guard spans[Int(next)].last >= floor, visited.insert(next).inserted else { continue }
      for node in units[Int(next)].reads where unitOf[Int(node)] >= 0 {
        stack.append(unitOf[Int(node)])
      }
    }
    return true
  }

  /// The units so ordered that each follows what it reads; early phases and nodes first.
  func ordered() -> [Int] {
    var pending = Array(repeating: 0, count: units.count)
    var readers: [[Int]] = Array(repeating: [], count: units.count)
    for (index, unit) in units.enumerated() {
      let sources = Set(unit.reads.map { unitOf[Int($0)] }.filter { $0 >= 0 && $0 != index })
      pending[index] = sources.count
      for source in sources { readers[Int(source)].append(index) }
    }
    var heap = units.indices.filter { pending[$0] == 0 }
    heap.sort { units[$0].order > units[$1].order }
    var order: [Int] = []
    while let next = heap.popLast() {
      order.append(next)
      for reader in readers[next] {
        pending[reader] -= 1
        if pending[reader] == 0 {
          let order = units[reader].order
          let position = heap.firstIndex { units[$0].order < order } ?? heap.count
          heap.insert(reader, at: position)
        }
      }
    }
    return order
  }
}

extension Op {
  /// What two row operations must share to be one launch: the loss and its options.
  fileprivate var rowsKind: Op? {
    switch self {
    case .crossEntropy, .divergence: self
    case .crossEntropyGradient(let smoothing): .crossEntropy(smoothing: smoothing)
    case .divergenceGradient(let distance, _): .divergence(distance)
    default: nil
    }
  }
}
