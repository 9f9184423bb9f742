import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining

/// Explores latent codes with the search that users run, then differentiates the distillation loss at the end
/// point.
///
/// `z ← z + η·g` (or `η·g/‖g‖`), `g = ∂/∂z Σ KL(teacher ‖ student)` through decoder, teacher and student;
/// then the gradient of `T²·KL` at the decoded end point with respect to the student.
func replayExploration(
  _ file: VerificationCase, _ rule: LatentStepRule, on backend: any Backend
) throws -> VerificationResult {
  let numbers = file.numbers
  let steps = try numbers.steps(atLeast: 0, recordedIn: "divergence", of: file.content)
  let rate = try numbers.required("eta")
  let temperature = try numbers.required("temperature", .temperature)
  let decoder = CaseDecoder(try CaseModel(file, prefix: "decoder."))
  let frozen = ParameterStore(decoder, name: "decoder", isFrozen: true)
  let teacher = ParameterStore(
    CaseClassifier(try CaseModel(file, prefix: "teacher.")), name: "teacher", isFrozen: true)
  let student = ParameterStore(
    CaseClassifier(try CaseModel(file, prefix: "student.")), name: "student")

  let graph = Graph()
  let inputs = CaseInputs(file, graph)
  let start = try inputs.floats("z0") + inputs.floats("noise") * numbers.required("sigma")
  decoder.latentShape = Shape(Array(start.shape.dimensions.dropFirst()))
  var exploration = Exploration(.first)
  (exploration.steps, exploration.noise) = (steps, 0)
  exploration.step = rule == .plain ? .plain(rate) : .normalised(rate)
  let width = decoder.latentShape.count
  let explorer = Explorer(
    exploration, labeler: teacher, student: student.model, generator: decoder,
    statistics: LatentStatistics(codes: [Float](repeating: 0, count: width), size: width))
  // The search takes codes in place of examples, and draws no noise of its own.
  let ids = graph.constant([Int32](repeating: 0, count: start.shape[0]), [start.shape[0]])
  let step = StepInputs(
    graph: graph, example: Example(start), labels: ids, indices: ids,
    randomState: graph.constant([0, 0, 0] as [Int32], [3]))
  let path = explorer.explore(start, codes: start, in: step)
  let context = step.context(.evaluation)
  func outputs(_ store: ParameterStore, _ x: Tensor) -> Tensor { store.model(x, in: context) }
  let codes = path.codes
  let divergences = path.examples.dropLast().map {
    outputs(student, $0).divergenceRows(.forwardKL, teacher: outputs(teacher, $0)).mean()
  }
  let explored = path.explored
  let loss = softTargetLoss(
    student: outputs(student, explored), teacher: outputs(teacher, explored),
    temperature: temperature)

  let session = Session(backend)
  for store in [frozen, teacher, student] {
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

/// A recorded classifier.
private final class CaseClassifier: Module {
  private let model: CaseModel

  init(_ model: CaseModel) { self.model = model }

  override var children: [(key: String, module: Module)] { [("", model)] }

  override func forward(_ x: Tensor) -> Tensor { model.chain("fc", x) { $0.relu() } }
}

/// A recorded decoder for the search.
private final class CaseDecoder: Module, LatentDecoder {
  private let model: CaseModel
  var latentShape: Shape = []

  init(_ model: CaseModel) { self.model = model }

  override var children: [(key: String, module: Module)] { [("", model)] }

  func decodeLogits(_ z: Tensor) -> Tensor { model.chain("d", z) { $0.tanh() } }

  func decode(_ z: Tensor) -> Tensor { decodeLogits(z).sigmoid() }
}
