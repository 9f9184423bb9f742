import RetortCore

extension Tensor {
  /// The product or convolution that the last layer of this model's output computes; nil where none made it.
  package var lastProduct: Tensor? {
    var (seen, waiting): (Set<Int32>, [Int32]) = ([], [id])
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted else { continue }
      let node = Tensor(graph: graph, id: id)
      switch node.op {
      case .matmul, .convolution: return node
      default:
        // The first operand is looked at first.
        waiting += graph.operands(id).reversed()
      }
    }
    return nil
  }

  /// The map `[batch, height, width, channels]` over whose places the mean was taken that this `[batch, channels]` was
  /// made of without another layer of products, such as by dropout; nil where there is none.
  package var averagedMap: Tensor? {
    var (seen, waiting): (Set<Int32>, [Int32]) = ([], [id])
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted else { continue }
      switch Tensor(graph: graph, id: id).op {
      case .reduce(.sum, axes: 0b0110):
        // A mean is the sum of shares.
        let shares = Tensor(graph: graph, id: graph.operand(id, 0))
        guard shares.shape.rank == 4, case .binary(.multiply) = shares.op else { continue }
        return Tensor(graph: graph, id: graph.operand(shares.id, 0))
      case .matmul, .convolution: continue
      default: waiting += graph.operands(id).reversed()
      }
    }
    return nil
  }
}
