import RetortCore
import RetortData
import RetortNN

/// The graph of one form of a training step: inputs, every phase's objective and gradients, and what they change.
struct StepGraph {
  let graph: Graph
  /// What is read of a step: each learner's total, terms and observations, by name.
  let values: [LossTerm]
  /// What the last phase changes.
  let effects: [Effect]

  /// Adds the scheme's phases, one after the other.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  init(
    _ learners: [Learner], batch: Int, fields: [Field], pipeline: any InputPipeline, views: Int,
    steps: Int, form: Int, classCounts: [Int], scheme: any Scheme
  ) throws {
    let graph = Graph()
    let examples = (0..<views).map { _ in
      let own = fields.map { $0.input(in: graph, batch: batch) }
      return pipeline.example(own, drawn: pipeline.drawn.map { $0.input(in: graph, batch: batch) })
    }
    let labels = graph.input("labels", [batch], .int32)
    let indices = graph.input("indices", [batch], .int32)
    let step = graph.input("step", [1], .int32)
    let state = graph.input("random state", [3], .int32)
    let inputs = StepInputs(
      graph: graph, views: examples, labels: labels, indices: indices, randomState: state,
      steps: steps, form: form, classCounts: classCounts)
    let rates = learners.map { Rates($0, graph) }

    var scheme = scheme
    var totals: [Tensor] = []
    var logged: [[LossTerm]] = []
    var pending: [Effect] = []
    for (index, phase) in scheme.phases.enumerated() {
      guard let position = learners.firstIndex(where: { $0.name == phase.learner }) else {
        preconditionFailure("phase \(index) trains '\(phase.learner)', which is no learner")
      }
      if phase.start == .update, !pending.isEmpty {
        graph.endPhase(pending)
        pending = []
      }
      let learner = learners[position]
      let objective = try scheme.objective(index, inputs)
      let total = objective.total(in: graph)
      let gradient = learner.store.gradient(of: learner.optimizer.scaled(total))
      pending += objective.effects
      pending += learner.optimizer.effects(
        on: learner.store, gradient: gradient, learningRate: rates[position].rate, step: step,
        momentum: rates[position].momentum)
      totals.append(total)
      let prefix = learners.count == 1 ? "" : "\(learner.name)/"
      logged.append(
        ([LossTerm("loss", total)] + objective.terms + objective.observations
          + learner.optimizer.observations(gradient))
          .map { LossTerm(prefix + $0.name, weight: $0.weight, $0.value) })
    }
    let sum = totals.dropFirst().reduce(totals.first ?? graph.fill(0), +)
    values = (learners.count == 1 ? [] : [LossTerm("loss", sum)]) + logged.joined()
    (effects, self.graph) = (pending, graph)
  }

  /// The input tensors with a learner's learning rate and momentum, `[1]` each.
  private struct Rates {
    let rate: Tensor
    /// nil where the optimizer's own momentum applies.
    let momentum: Tensor?

    init(_ learner: Learner, _ graph: Graph) {
      rate = graph.input("learning rate of \(learner.name)", [1])
      momentum =
        learner.optimizer.update.cyclesMomentum
        ? graph.input("momentum of \(learner.name)", [1]) : nil
    }
  }
}
