/// In which phase of a step each node is computed; see `Graph.endPhase`.
///
/// A node belongs to the first phase in which everything that it depends on is known.
struct PhaseAnalysis {
  /// The phase of each node, counted from 0.
  let phases: [Int32]
  /// Whether a later phase reads the node, directly or through views.
  private let isReadLater: [Bool]
  /// For each variable, the phases that change it, in order.
  private let changes: [Int32: [Int32]]

  init(_ graph: Graph, reachable: [Bool], effects: [[Effect]]) {
    guard effects.count > 1 else {
      phases = Array(repeating: 0, count: graph.nodes.count)
      isReadLater = Array(repeating: false, count: graph.nodes.count)
      changes = [:]
      return
    }
    var phases = Array(repeating: Int32(0), count: graph.nodes.count)
    for id in graph.nodes.indices where reachable[id] {
      if case .variable(_, _, let phase) = graph.nodes[id].op { phases[id] = phase }
      for operand in graph.operands(Int32(id)) {
        phases[id] = max(phases[id], phases[Int(operand)])
      }
    }
    var lastUse = phases
    for id in graph.nodes.indices.reversed() where reachable[id] {
      let use = graph.nodes[id].op.isView ? lastUse[id] : phases[id]
      for operand in graph.operands(Int32(id)) {
        lastUse[Int(operand)] = max(lastUse[Int(operand)], use)
      }
    }
    var changes: [Int32: [Int32]] = [:]
    for (phase, effects) in effects.enumerated() {
      for variable in effects.flatMap(\.variables) {
        changes[graph.slot(of: variable), default: []].append(Int32(phase))
      }
    }
    self.phases = phases
    self.changes = changes
    isReadLater = zip(phases, lastUse).map { $0 < $1 }
  }

  /// Whether the node must be stored in its own phase, because what it is made of may have changed by
  /// the time that it is read.
  func mustStore(_ id: Int) -> Bool { isReadLater[id] }

  /// Whether `node`, read in `phase`, is a variable that has been changed since it was read.
  func isStale(_ node: Node, readIn phase: Int32) -> Bool {
    guard case .variable(let slot, _, let first) = node.op else { return false }
    return changes[slot, default: []].contains { first <= $0 && $0 < phase }
  }
}

extension Op {
  /// Whether the operation shows its operand's elements in another order or shape.
  fileprivate var isView: Bool {
    switch self {
    case .reshape, .slice, .transpose, .broadcast, .stopGradient: true
    default: false
    }
  }
}
