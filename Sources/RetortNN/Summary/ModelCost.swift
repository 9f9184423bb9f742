import RetortCore

/// A model's cost: the number of weights and of multiplications.
public struct ModelCost: Hashable, Sendable {
  /// The number of weights, those included that a model has taken over from another.
  public var parameters: Int
  /// The multiply-accumulates of one forward pass over one example, saturated at `Int.max`.
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
  public var multiplyAccumulates: Int { multiplyAccumulates(of: nodes.indices) }

  /// The multiply-accumulates of the contractions that a result depends on.
  public func multiplyAccumulates(of result: Tensor) -> Int {
    let reached = reachable(from: [result.id])
    return multiplyAccumulates(of: nodes.indices.filter { reached[$0] })
  }

  private func multiplyAccumulates(of indices: some Sequence<Int>) -> Int {
    indices.reduce(0) { total, index in
      let node = nodes[index]
      func shape(_ position: Int) -> Shape { nodes[Int(operand(Int32(index), position))].shape }
      switch node.op {
      case .matmul(let transposeA, _):
        let a = shape(0)
        return total.saturatingSum(
          node.shape.count.saturatingProduct(transposeA ? a[-2] : a[-1]))
      case .convolution:
        return total.saturatingSum(node.shape.count.saturatingProduct(shape(1).taps))
      case .convolutionInputGradient:
        return total.saturatingSum(shape(0).count.saturatingProduct(shape(1).taps))
      case .convolutionWeightGradient:
        return total.saturatingSum(shape(1).count.saturatingProduct(node.shape.taps))
      default: return total
      }
    }
  }
}

extension Shape {
  /// The multiplications of a convolution with this weight per output element.
  fileprivate var taps: Int { self[1] * self[2] * self[3] }
}

extension ParameterStore {
  /// The cost of the computation that `body` builds for one example.
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
