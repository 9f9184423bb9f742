import RetortCore

extension Tensor {
  /// The product or convolution that the last layer of this model's output computes; nil where none made it.
  package var lastProduct: Tensor? {
    nearest { node in
      switch node.op {
      case .matmul, .convolution: .found(node)
      default: .further
      }
    }
  }

  /// The map `[batch, height, width, channels]` whose means over places the last layer of this model's output reads;
  /// nil where it reads something else.
  package var lastMap: Tensor? { lastProduct?.operand(0).averagedMap }

  /// The map `[batch, height, width, channels]` over whose places the mean was taken that this `[batch, channels]` was
  /// made of without another layer of products, such as by dropout; nil where there is none.
  package var averagedMap: Tensor? {
    nearest { node in
      switch node.op {
      case .reduce(.sum, axes: 0b0110):
        // A mean is the sum of shares.
        let shares = node.operand(0)
        guard shares.shape.rank == 4, case .binary(.multiply) = shares.op else { return .end }
        return .found(shares.operand(0))
      case .matmul, .convolution: return .end
      default: return .further
      }
    }
  }

  /// What a walk from a tensor back to what it was computed from makes of one that it meets.
  private enum Visit {
    /// The walk ends with a tensor.
    case found(Tensor)
    /// The walk goes on behind this one.
    case further
    /// The walk leaves out what is behind this one.
    case end
  }

  /// What is found first on the way back from this tensor, which is met first; first operands are followed first.
  private func nearest(_ visit: (Tensor) -> Visit) -> Tensor? {
    var (seen, waiting): (Set<Int32>, [Int32]) = ([], [id])
    while let id = waiting.popLast() {
      guard seen.insert(id).inserted else { continue }
      switch visit(Tensor(graph: graph, id: id)) {
      case .found(let tensor): return tensor
      case .further: waiting += graph.operands(id).reversed()
      case .end: break
      }
    }
    return nil
  }
}
