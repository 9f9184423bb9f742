import RetortCore
import RetortDistillation
import RetortNN

/// Explores latent codes towards disagreement, then differentiates the distillation loss there.
///
/// `z ← z + η·g` (or `η·g/‖g‖`), `g = ∂/∂z Σ KL(teacher ‖ student)` through decoder, teacher and
/// student; then `T²·KL` on the decoded end point, by the student alone.
func replayExploration(
  _ file: VerificationCase, _ rule: LatentStepRule, on backend: any Backend
) throws -> VerificationResult {
  let numbers = file.numbers
  let steps = try numbers.steps(atLeast: 0, recordedIn: "divergence", of: file.content)
  let rate = try numbers.required("eta")
  let temperature = try numbers.required("temperature", .temperature)
  func store(_ name: String, isFrozen: Bool) throws -> ParameterStore {
    ParameterStore(try CaseModel(file, prefix: "\(name)."), name: name, isFrozen: isFrozen)
  }
  let decoder = try store("decoder", isFrozen: true)
  let teacher = try store("teacher", isFrozen: true)
  let student = try store("student", isFrozen: false)

  let graph = Graph()
  let inputs = CaseInputs(file, graph)
  let context = ForwardContext(graph, .evaluation)
  func run(_ store: ParameterStore, _ body: (CaseModel) -> Tensor) -> Tensor {
    guard let model = store.model as? CaseModel else { return graph.fill(0) }
    return model.using(context) { body(model) }
  }
  func decode(_ z: Tensor) -> Tensor {
    run(decoder) { $0.chain("d", z) { $0.tanh() }.sigmoid() }
  }
  func classify(_ store: ParameterStore, _ x: Tensor) -> Tensor {
    run(store) { $0.chain("fc", x) { $0.relu() } }
  }

  var z = try inputs.floats("z0") + inputs.floats("noise") * numbers.required("sigma")
  var codes = [z]
  var divergences: [Tensor] = []
  for _ in 0..<steps {
    let x = decode(z)
    let rows = classify(student, x).divergenceRows(.forwardKL, teacher: classify(teacher, x))
    divergences.append(rows.mean())
    let gradient = gradients(of: rows.sum(), with: [z])[0]
    z = z.latentStep(rule, gradient: gradient, size: graph.fill(rate, [1]))
    codes.append(z)
  }
  let explored = decode(z).stopGradient()
  let loss = softTargetLoss(
    student: classify(student, explored), teacher: classify(teacher, explored),
    temperature: temperature)

  let session = Session(backend)
  for store in [decoder, teacher, student] {
    let weights = try store.imported(file.content.weights(under: "\(store.name)."))
    try store.write(weights, to: session)
  }
  let outputs = [loss, student.gradient(of: loss), explored] + codes + divergences
  let program = try CaseProgram(inputs, outputs: outputs, in: session)
  try program.run(0)

  var result = VerificationResult()
  let content = file.content
  result.addLosses(try program.output(0), expected: try content.floats("loss"))
  var found: [Float] = []
  for index in divergences.indices { found += try program.output(3 + codes.count + index) }
  result.addLosses(found, expected: try content.floats("divergence"))
  for entry in student.exported(parameters: try program.output(1)) {
    let expected = try content.floats("grad.student.\(entry.name)")
    result.addGradient(entry.values, expected: expected)
  }
  result.addFinal(try program.output(2), expected: try content.floats("x_explored"))
  for index in codes.indices {
    result.addFinal(try program.output(3 + index), expected: try content.floats("z.\(index)"))
  }
  return result
}
