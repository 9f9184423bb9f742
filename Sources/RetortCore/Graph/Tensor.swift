/// A value to be computed: a handle on one node of a lazy graph.
public struct Tensor {
  package let graph: Graph
  package let id: Int32

  package init(graph: Graph, id: Int32) {
    self.graph = graph
    self.id = id
  }

  /// The extents.
  public var shape: Shape { graph.nodes[Int(id)].shape }

  /// The element type.
  public var dtype: DType { graph.nodes[Int(id)].dtype }

  package var op: Op { graph.nodes[Int(id)].op }

  /// What the tensor is computed from, at a position.
  package func operand(_ index: Int) -> Tensor {
    Tensor(graph: graph, id: graph.operand(id, index))
  }

  /// The value of every element if the tensor is a constant fill, else nil.
  package var fillValue: Double? {
    if case .fill(let value) = op { return value }
    return nil
  }

  package func apply(_ op: Op, _ shape: Shape) -> Tensor { graph.add(op, [id], shape, dtype) }

  package func apply(_ op: Op, _ others: [Tensor], _ shape: Shape, _ dtype: DType? = nil) -> Tensor
  {
    graph.add(op, [id] + others.map(\.id), shape, dtype ?? self.dtype)
  }

  /// The same value, with no gradient flowing back through it.
  public func stopGradient() -> Tensor { apply(.stopGradient, shape) }
}
