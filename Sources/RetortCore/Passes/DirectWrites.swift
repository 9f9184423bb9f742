/// Which assigned tensors are written into their variables by the step that computes them, so that
/// nothing is copied.
///
/// Such a step runs at the end of its phase. That is possible where nothing else reads the tensor, and
/// no other effect of the phase reads the variable.
struct DirectWrites {
  /// A part of a variable.
  struct Destination {
    let slot: Int32
    /// Elements before the part.
    let offset: Int
  }

  /// Where each such tensor goes.
  private(set) var destinations: [Int32: Destination] = [:]
  private let materialization: Materialization
  private var graph: Graph { materialization.graph }
  private var uses: Uses { materialization.uses }

  init(_ materialization: Materialization, roots: [Int32], phases: [[Effect]]) {
    self.materialization = materialization
    for (phase, effects) in phases.enumerated() {
      let reads = effects.map { slots(readBy: $0) }
      for (index, effect) in effects.enumerated() {
        guard case .assign(let variable, let offset, let tensor) = effect else { continue }
        let (id, slot) = (tensor.id, graph.slot(of: variable))
        let others = reads.enumerated().filter { $0.offset != index }
        guard graph.nodes[Int(id)].op.isElementwise, uses.readers(id).isEmpty,
          roots.count(where: { $0 == id }) == 1, uses.phases.phases[Int(id)] == phase,
          !others.contains(where: { $0.element.contains(slot) })
        else { continue }
        destinations[id] = Destination(slot: slot, offset: offset)
      }
    }
  }

  /// The variables that an effect may read when it happens.
  private func slots(readBy effect: Effect) -> Set<Int32> {
    var found: Set<Int32> = []
    for tensor in effect.tensors {
      let isElementwise = graph.nodes[Int(tensor.id)].op.isElementwise
      var stack = isElementwise ? Array(graph.operands(tensor.id)) : [tensor.id]
      while let id = stack.popLast() {
        guard let base = materialization.alias(id)?.node else {
          stack += graph.operands(id)
          continue
        }
        if case .variable(let slot, _, _) = graph.nodes[Int(base)].op { found.insert(slot) }
      }
    }
    return found
  }
}

extension Op {
  fileprivate var isElementwise: Bool {
    switch self {
    case .unary, .binary, .select: true
    default: false
    }
  }
}
