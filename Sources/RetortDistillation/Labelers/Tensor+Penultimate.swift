import RetortCore

extension Tensor {
  /// What the last layer makes this model's output of, `[batch, features]`: the operand of its product, or the means
  /// over places of that of a convolution; the output itself where neither made it.
  package var penultimate: Tensor {
    let batch = shape[0]
    var (seen, waiting): (Set<Int32>, [Int32]) = ([], [id])
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted else { continue }
      let node = Tensor(graph: graph, id: id)
      switch node.op {
      case .matmul, .convolution:
        let features = Tensor(graph: graph, id: graph.operand(id, 0))
        guard features.shape.rank > 1, features.shape[0] == batch else { return self }
        return features.shape.rank == 4 ? features.globalAveragePool() : features.flatten()
      default:
        // The first operand is looked at first.
        waiting += graph.operands(id).reversed()
      }
    }
    return self
  }
}
