extension Graph {
  /// Replaces nodes by simpler ones: frozen batch norm folds into its convolution, normalisations
  /// become element-wise operations, matrix transposes become flags, and reductions over
  /// separated axes become successive ones.
  ///
  /// - Returns: For each of `roots`, the node that stands for it now.
  func rewritten(_ roots: [Int32]) -> [Int32] {
    let reachable = reachable(from: roots)
    let frozen = frozenNodes()
    var replacement = Array(repeating: Int32(-1), count: nodes.count)
    let outer = scope
    for id in reachable.indices where reachable[id] {
      let node = nodes[id]
      scope = scopes[Int(node.scope)]
      let operands = operands(Int32(id)).map { replacement[Int($0)] }
      let tensors = operands.map { Tensor(graph: self, id: $0) }
      if let simpler = rewrite(node, Int32(id), tensors, frozen) {
        replacement[id] = simpler.id
      } else if self.operands(Int32(id)).elementsEqual(operands) {
        replacement[id] = Int32(id)
      } else {
        replacement[id] = add(node.op, operands, node.shape, node.dtype).id
      }
    }
    scope = outer
    return roots.map { replacement[Int($0)] }
  }

  /// Which nodes the given ones depend on, themselves included.
  package func reachable(from roots: [Int32]) -> [Bool] {
    var reached = Array(repeating: false, count: nodes.count)
    for root in roots { reached[Int(root)] = true }
    for id in reached.indices.reversed() where reached[id] {
      let node = nodes[id]
      for index in 0..<Int(node.inputCount) {
        reached[Int(inputPool[Int(node.inputStart) + index])] = true
      }
    }
    return reached
  }

  /// Which nodes depend on constants and frozen variables alone.
  func frozenNodes() -> [Bool] {
    var frozen = Array(repeating: false, count: nodes.count)
    for id in nodes.indices {
      let node = nodes[id]
      switch node.op {
      case .constant, .fill: frozen[id] = true
      case .variable(let slot, _, _): frozen[id] = variables[Int(slot)].isFrozen
      case .input, .poison, .random: break
      default: frozen[id] = operands(Int32(id)).allSatisfy { frozen[Int($0)] }
      }
    }
    return frozen
  }

  private func rewrite(_ node: Node, _ id: Int32, _ x: [Tensor], _ frozen: [Bool]) -> Tensor? {
    switch node.op {
    case .normalize(_, let trains):
      let statistics = operands(id).dropFirst().allSatisfy { frozen[Int($0)] }
      if !trains, statistics, let folded = folded(x, frozen) { return folded }
      return (x[0] - x[1]) * (x[2] * x[3]) + x[4]
    case .matmul(let a, let b):
      let (left, flippedA) = x[0].withoutTranspose()
      let (right, flippedB) = x[1].withoutTranspose()
      guard flippedA || flippedB else { return nil }
      return add(
        .matmul(transposeA: a != flippedA, transposeB: b != flippedB), [left.id, right.id],
        node.shape)
    case .reduce(let op, let mask): return x[0].reducedInRuns(op, mask)
    default: return nil
    }
  }

  /// A convolution followed by a frozen normalisation, as one convolution and a shift.
  private func folded(_ x: [Tensor], _ frozen: [Bool]) -> Tensor? {
    guard case .convolution(let geometry) = x[0].op else { return nil }
    let (image, weight) = (operand(x[0].id, 0), operand(x[0].id, 1))
    guard Int(weight) < frozen.count, frozen[Int(weight)] else { return nil }
    let scale = x[2] * x[3]
    let folded = Tensor(graph: self, id: weight) * scale.reshape([-1, 1, 1, 1])
    return Tensor(graph: self, id: image).convolution(folded, geometry) + (x[4] - x[1] * scale)
  }
}

extension Tensor {
  /// The tensor before an exchange of its last two axes, if that is what it is.
  fileprivate func withoutTranspose() -> (Tensor, Bool) {
    guard case .transpose(let axes) = op, shape.rank >= 2 else { return (self, false) }
    let last = shape.rank - 1
    for axis in 0..<last - 1 where Int(axes[axis]) != axis { return (self, false) }
    guard Int(axes[last]) == last - 1 else { return (self, false) }
    return (Tensor(graph: graph, id: graph.operand(id, 0)), true)
  }

  /// The reduction as successive ones over adjacent axes, or nil if it is one run already.
  fileprivate func reducedInRuns(_ op: ReduceOp, _ mask: UInt8) -> Tensor? {
    var runs: [[Int]] = []
    var open = false
    for axis in 0..<shape.rank where shape[axis] != 1 || mask & (1 << UInt8(axis)) != 0 {
      if mask & (1 << UInt8(axis)) == 0 {
        open = false
      } else if open {
        runs[runs.count - 1].append(axis)
      } else {
        runs.append([axis])
        open = true
      }
    }
    guard runs.count > 1 else { return nil }
    return runs.reversed().reduce(self) { $0.reduce(op, axes: $1, keepingAxes: true) }
  }
}
