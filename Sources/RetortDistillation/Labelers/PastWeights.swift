import RetortCore
import RetortNN
import RetortTraining

/// A copy of a model's weights and running statistics, renewed every so many steps, as a labeler.
///
/// The copy is of the weights before step `k · interval`, and answers in the steps after that one, up to and with
/// step `(k + 1) · interval`. Before the first copy, in step 0, its outputs mean nothing.
public struct PastWeights: Labeler {
  /// The model in training.
  public let store: ParameterStore
  /// The number of steps between two copies, from 1 to 2²⁴.
  public let interval: Int
  private let parameters: Variable
  private let buffers: Variable?
  /// The number of steps since the last copy, `[1]`.
  private let age: Variable

  /// A copy of `store`'s weights.
  public init(of store: ParameterStore, every interval: Int) {
    precondition(1...1 << 24 ~= interval, "float32 counts no further")
    (self.store, self.interval) = (store, interval)
    parameters = Variable(name: "\(store.name).past", count: store.parameterVariable.count)
    buffers = store.bufferVariable.map {
      Variable(name: "\(store.name).past-buffers", count: $0.count)
    }
    age = Variable(name: "\(store.name).past-age", count: 1)
  }

  /// The copies and their age.
  public var variables: [Variable] { [parameters] + (buffers.map { [$0] } ?? []) + [age] }

  /// What the copied weights say in evaluation mode.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    store.withWeights(parameters, buffers) {
      store.logits(of: examples, indices: indices, in: graph)
    }
  }

  /// What the copied weights say in evaluation mode, with the results of the modules at `paths`.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps {
    try store.withWeights(parameters, buffers) { () throws(TapError) in
      try store.taps(of: examples, indices: indices, paths, in: graph)
    }
  }

  /// What the copied weights say of a step's examples.
  func logits(in inputs: StepInputs) -> Tensor {
    logits(of: inputs.example, indices: nil, in: inputs.graph)
  }

  /// The effects of a step that renew the copies where it is a multiple of the interval.
  public func renewal(in graph: Graph) -> [Effect] {
    let age = graph.variable(self.age, [1])
    let isDue = age.equal(graph.fill(0))
    func renewed(_ copy: Variable, _ source: Variable) -> Effect {
      let values = graph.variable(source, [source.count])
      return .assign(copy, offset: 0, isDue.select(values, graph.variable(copy, [copy.count])))
    }
    var effects = [renewed(parameters, store.parameterVariable)]
    if let buffers, let source = store.bufferVariable { effects.append(renewed(buffers, source)) }
    let next = age + 1
    effects.append(
      .assign(
        self.age, offset: 0,
        next.equal(graph.fill(Double(interval))).select(graph.fill(0), next)))
    return effects
  }
}
