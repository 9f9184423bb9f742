import RetortCore
import RetortNN
import RetortTraining

/// A training case's model and its loss on the case's batch.
struct CaseProblem {
  let model: CaseModel
  /// Builds the loss inside a forward pass in training mode.
  let loss: (CaseInputs) throws -> Tensor
}

/// Trains on the case's one batch and compares losses, first gradients and final weights, or the average of
/// the weights as well if one is kept.
func replayTraining(
  _ file: VerificationCase, _ problem: CaseProblem, on backend: any Backend
) throws -> VerificationResult {
  let store = ParameterStore(problem.model, name: file.kind)
  let initial = try store.imported(file.content.weights(under: "init."))
  let steps = try file.numbers.steps(recordedIn: "losses", of: file.content)
  let schedule = try file.numbers.schedule(steps: steps)
  let momentum = schedule.momentum(at: 0)
  let optimizer = try file.numbers.optimizer(momentum: momentum)
  let state = OptimizerState(
    optimizer, clipping: try file.numbers.clipping, averaging: try file.numbers.averaging,
    decays: try file.numbers.decays, cyclesMomentum: momentum != nil, for: store)

  let graph = Graph()
  let inputs = CaseInputs(file, graph, steps: steps)
  let context = ForwardContext(graph, .training)
  let loss = try problem.model.using(context) { try problem.loss(inputs) }
  let gradient = store.gradient(of: loss)
  let effects =
    state.effects(
      on: store, gradient: gradient,
      learningRate: inputs.number("rate") { optimizer.learningRate * schedule.factor(at: $0) },
      step: inputs.step(),
      momentum: momentum.map { first in
        inputs.number("momentum") { schedule.momentum(at: $0) ?? first }
      }) + [store.statisticsUpdate(from: context)].compactMap { $0 }
  let session = Session(backend)
  try store.write(initial, to: session)
  let program = try CaseProgram(
    inputs, outputs: [loss, gradient], effects: effects, in: session)

  var losses: [Float] = []
  var firstGradient: [Float] = []
  for step in 0..<steps {
    try program.run(step)
    losses += try program.output(0)
    if step == 0 { firstGradient = try program.output(1) }
  }
  var result = VerificationResult()
  result.addLosses(losses, expected: try file.content.floats("losses"))
  var negligible: Set<String> = []
  for found in store.exported(parameters: firstGradient) {
    let expected = try file.content.floats("grad0.\(found.name)")
    result.addGradient(found.values, expected: expected)
    if VerificationResult.isNegligible(expected) { negligible.insert(found.name) }
  }
  func compare(_ prefix: String) throws {
    for found in store.exported(try store.weights(in: session))
    where !negligible.contains(found.name) {
      result.addFinal(found.values, expected: try file.content.floats("\(prefix).\(found.name)"))
    }
  }
  try compare("final")
  if let average = state.average {
    try store.withParameters(in: average) { try compare("average") }
  }
  return result
}
