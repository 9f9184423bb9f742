import RetortCore

/// What a model costs: weights to store, multiplications to run.
public struct ModelCost: Hashable, Sendable {
  /// Trainable weights.
  public var parameters: Int
  /// Multiply-accumulates of one forward pass over one example.
  public var multiplyAccumulates: Int

  /// Counts of one model.
  public init(parameters: Int, multiplyAccumulates: Int) {
    (self.parameters, self.multiplyAccumulates) = (parameters, multiplyAccumulates)
  }
}

extension Graph {
  /// The multiply-accumulates of every contraction in the graph.
  ///
  /// Matrix products and convolutions count; element-wise work, pooling and norms do not.
  public var multiplyAccumulates: Int {
    nodes.indices.reduce(0) { total, index in
      let node = nodes[index]
      func shape(_ position: Int) -> Shape { nodes[Int(operand(Int32(index), position))].shape }
      switch node.op {
      case .matmul(let transposeA, _):
        let a = shape(0)
        return total + node.shape.count * (transposeA ? a[-2] : a[-1])
      case .convolution:
        let weight = shape(1)
        return total + node.shape.count * weight[1] * weight[2] * weight[3]
      case .convolutionInputGradient:
        let weight = shape(1)
        return total + shape(0).count * weight[1] * weight[2] * weight[3]
      case .convolutionWeightGradient:
        return total + shape(1).count * node.shape[1] * node.shape[2] * node.shape[3]
      default: return total
      }
    }
  }
}

extension ParameterStore {
  /// The cost of `forward` on one example; `body` gets the graph and returns what is computed.
  ///
  /// - Throws: `GraphError` where the model does not fit the inputs.
  public func cost(
    _ body: (ForwardContext) -> Void
  ) throws(GraphError) -> ModelCost {
    let context = ForwardContext(Graph(), .evaluation)
    model.using(context) { body(context) }
    if let error = context.graph.error { throw error }
    return ModelCost(
      parameters: parameterCount, multiplyAccumulates: context.graph.multiplyAccumulates)
  }
}
