extension Plan {
  /// Compiles the part of `graph` that `outputs` and `effects` depend on.
  ///
  /// Effects happen after everything in their phase has been computed, so that all tensors are computed from
  /// the variables as they were at the phase's start. The phases that `Graph.endPhase` ended come first;
  /// `effects` end the last one.
  ///
  /// - Parameters:
  ///   - graph: The computation.
  ///   - outputs: The tensors that `Executable.floats` returns, in order.
  ///   - effects: The changes of variables at the end of a run.
  ///   - fusingPrologues: Whether convolutions may have prologues; see `Backend.fusesPrologues`.
  /// - Throws: The first `GraphError` met while the graph was built.
  public init(
    _ graph: Graph, outputs: [Tensor], effects: [Effect] = [], fusingPrologues: Bool = false
  ) throws(GraphError) {
    if let fault = graph.error { throw fault }
    let phases = graph.phases + [effects]
    let tensors = phases.flatMap { $0.flatMap(\.tensors) }
    let roots = graph.rewritten((outputs + tensors).map(\.id))
    if let fault = graph.error { throw fault }
    let results = roots[..<outputs.count].map { Tensor(graph: graph, id: $0) }
    var rest = roots[outputs.count...]
    let settled = phases.map {
      $0.map { $0.replacingTensors { _ in Tensor(graph: graph, id: rest.removeFirst()) } }
    }
    var builder = PlanBuilder(graph, results, settled, fusingPrologues: fusingPrologues)
    if let fault = builder.staleRead() { throw fault }
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
      let scaling, let momentum, let decaying):
      let (g, r, s) = (next(gradient), next(rate), next(step))
      let (n, f) = (norm.map(next), scaling.map(next))
      let (m, d) = (momentum.map(next), decaying.map(next))
      return .optimize(
        update, parameters: parameters, gradient: g, state: state, learningRate: r, step: s,
        gradientNorm: n, scaling: f, momentum: m, decaying: d)
    }
  }
}
