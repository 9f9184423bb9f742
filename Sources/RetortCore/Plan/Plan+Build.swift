extension Plan {
  /// Compiles the part of `graph` that `outputs` and `effects` depend on.
  ///
  /// Effects happen after everything has been computed, so every value is of the step's start.
  ///
  /// - Parameter fusingLoads: Whether convolutions may have prologues; see `Backend.fusesLoads`.
  /// - Throws: The first `GraphError` met while the graph was built.
  public init(
    _ graph: Graph, outputs: [Tensor], effects: [Effect] = [], fusingLoads: Bool = false
  ) throws(GraphError) {
    if let fault = graph.error { throw fault }
    let roots = graph.rewritten(outputs.map(\.id) + effects.flatMap(\.tensors).map(\.id))
    if let fault = graph.error { throw fault }
    let results = roots[..<outputs.count].map { Tensor(graph: graph, id: $0) }
    var rest = roots[outputs.count...]
    let settled = effects.map {
      $0.replacingTensors { _ in Tensor(graph: graph, id: rest.removeFirst()) }
    }
    var builder = PlanBuilder(graph, results, settled, fusingLoads: fusingLoads)
    self = builder.build()
    assert(faults().isEmpty, "an inconsistent plan: \(faults())\n\(self)")
  }
}

extension Effect {
  fileprivate func replacingTensors(_ next: (Tensor) -> Tensor) -> Effect {
    switch self {
    case .assign(let variable, let offset, let tensor):
      return .assign(variable, offset: offset, next(tensor))
    case .optimize(
      let update, let parameters, let gradient, let state, let rate, let step, let norm,
      let scaling):
      let (g, r, s) = (next(gradient), next(rate), next(step))
      let (n, f) = (norm.map(next), scaling.map(next))
      return .optimize(
        update, parameters: parameters, gradient: g, state: state, learningRate: r, step: s,
        gradientNorm: n, scaling: f)
    }
  }
}
