import RetortCore

/// Where a model looks up its own vectors of tokens: there the gradient by its input ends, and a search goes on.
struct TokenLookup {
  /// The vectors of the tokens, `[…, width]`.
  let vectors: Tensor
  /// The model's table of them, `[entries, width]`.
  let table: Tensor
}

extension Tensor {
  /// The lookups of `ids` in tables on the way to this tensor, in the order in which they were added.
  ///
  /// What a model computes of ids element by element before it looks them up, as ONNX files do where ids below zero
  /// count from the end, is taken for the ids.
  ///
  /// - Parameter ids: int32, in the same graph.
  func lookups(of ids: Tensor) -> [TokenLookup] {
    // Nothing that was added before the ids depends on them.
    var (onTheWay, waiting): (Set<Int32>, [Int32]) = ([], [id])
    while let id = waiting.popLast() {
      if id > ids.id, onTheWay.insert(id).inserted { waiting += graph.operands(id) }
    }
    var (same, found): (Set<Int32>, [TokenLookup]) = ([ids.id], [])
    for id in onTheWay.sorted() {
      let node = Tensor(graph: graph, id: id)
      switch node.op {
      case .gather where same.contains(graph.operand(id, 1)):
        let table = node.operand(0)
        if table.shape.rank == 2 { found.append(TokenLookup(vectors: node, table: table)) }
      case .unary, .binary:
        if node.shape.count == ids.shape.count, graph.operands(id).contains(where: same.contains) {
          same.insert(id)
        }
      case .reshape where same.contains(graph.operand(id, 0)): same.insert(id)
      default: break
      }
    }
    return found
  }
}
