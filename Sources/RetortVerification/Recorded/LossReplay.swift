import RetortCore
import RetortDistillation
import RetortFormats
import RetortNN
import RetortTraining

/// A recorded loss as a graph: the sum of its weighted terms, over a student's tensors.
package struct RecordedLoss {
  /// The student's tensors, into which gradients flow.
  package let student: [Tensor]
  /// The loss, a scalar.
  package let value: Tensor
  /// The layers of the loss itself; nil for none.
  let store: ParameterStore?
  /// The recorded weights of these layers.
  let weights: [NamedWeights]

  /// Builds the loss of a file.
  ///
  /// Tensors are `student.0…`, `teacher.0…`, of which the first are the outputs too, and where the loss takes them
  /// `labels`, `indices`, `mask`, `counts`, the training examples of each class, and `adapter.…`, the weights of its
  /// layers. Where there is `norm.0.weight`, a batch norm reads `teacher.0` before the loss does.
  ///
  /// - Throws: `FormatError` or `VerificationError` for a file that lacks something, and the loss's own errors.
  init(_ kind: LossKind, _ inputs: CaseInputs, _ content: Safetensors) throws {
    func all(_ stem: String) throws -> [Tensor] {
      var tensors: [Tensor] = []
      while content.tensors["\(stem).\(tensors.count)"] != nil || tensors.isEmpty {
        tensors.append(try inputs.floats("\(stem).\(tensors.count)"))
      }
      return tensors
    }
    let student = try all("student")
    let teacher = try all("teacher").enumerated().map { index, tensor in
      guard content.tensors["norm.\(index).weight"] != nil else { return tensor }
      func part(_ name: String) throws -> Tensor { try inputs.floats("norm.\(index).\(name)") }
      return tensor.batchNorm(
        gamma: try part("weight"), beta: try part("bias"), mean: try part("running_mean"),
        variance: try part("running_var"), epsilon: 1e-5)
    }
    let taps = (0..<min(student.count, teacher.count)).map {
      TapPair(student: "\($0)", teacher: "\($0)")
    }
    let losses = try kind.losses(inputs.numbers, taps)
    weights = try content.weights(of: kind)
    var adapters: [(loss: String, modules: [Module])] = []
    if !weights.isEmpty {
      let count = Int(try inputs.numbers.optional("examples", .whole(0...65536)) ?? 0)
      adapters = try losses.enumerated().map { index, loss in
        let shapes = (student.map(\.shape), teacher.map(\.shape))
        return ("\(index)", try loss.adapters(shapes.0, shapes.1, remembering: count))
      }
    }
    let learner = AdaptedModel(Module(), adapters: adapters)
    store = adapters.isEmpty ? nil : ParameterStore(learner, name: "adapters")

    let graph = inputs.graph
    let step = Int32(try inputs.numbers.optional("step", .whole(0...1_000_000)) ?? 0)
    let labels = content.tensors["labels"] == nil ? nil : try inputs.integers("labels")
    let mask = content.tensors["mask"] == nil ? nil : try inputs.integers("mask")
    let examples = Example([("x", student[0])] + (mask.map { [("mask", $0)] } ?? []))
    let state = graph.constant([0, 0, step], [3])
    let parts = StepInputs(
      graph: graph, example: examples, labels: labels ?? state,
      indices: content.tensors["indices"] == nil ? state : try inputs.integers("indices"),
      randomState: state,
      steps: Int(try inputs.numbers.optional("steps", .whole(1...1_000_000)) ?? 1),
      classCounts: content.tensors["counts"] == nil
        ? [] : try content.int32s("counts").map(Int.init))
    func tapped(_ tensors: [Tensor]) -> Taps {
      Taps(
        output: tensors[0],
        values: Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ("\($0)", $1) }))
    }
    let context = parts.context(.training)
    var sum: Tensor?
    for (index, loss) in losses.enumerated() {
      let comparison = Comparison(
        inputs: parts, context: context, learner: learner, examples: examples,
        student: tapped(student), teacher: tapped(teacher), labels: labels,
        adapters: adapters.isEmpty ? [] : adapters[index].modules)
      for term in try loss.terms(comparison, name: "loss") {
        let part = term.value * term.weight
        sum = sum.map { $0 + part } ?? part
      }
    }
    self.student = student
    value = sum ?? graph.fill(0)
  }
}

/// Computes a recorded loss, and its gradients with respect to the student's tensors and to its own layers.
func replayLoss(
  _ file: VerificationCase, _ kind: LossKind, on backend: any Backend
) throws -> VerificationResult {
  let inputs = CaseInputs(file, Graph())
  let loss = try RecordedLoss(kind, inputs, file.content)
  var outputs = [loss.value] + gradients(of: loss.value, with: loss.student)
  if let store = loss.store { outputs.append(store.gradient(of: loss.value)) }
  let session = Session(backend)
  try loss.writeWeights(to: session)
  let program = try CaseProgram(inputs, outputs: outputs, in: session)
  try program.run(0)
  var result = VerificationResult()
  result.addLosses(try program.output(0), expected: try file.content.floats("loss"))
  for (index, tensor) in loss.student.enumerated() {
    result.addGradient(
      try program.output(1 + index).channelsFirst(tensor.shape),
      expected: try file.content.floats("grad.student.\(index)"))
  }
  guard let store = loss.store else { return result }
  for found in store.exported(parameters: try program.output(1 + loss.student.count)) {
    let name = "grad.adapter." + found.name.dropFirst("adapters.0.".count)
    guard file.content.tensors[name] != nil else { continue }
    result.addGradient(found.values, expected: try file.content.floats(name))
  }
  return result
}

extension VerificationCase {
  /// Builds the case's loss in `graph`, with a value for each of the graph's inputs in order.
  ///
  /// - Throws: `VerificationError.unknownKind` for a case that is no loss, or as a replay does.
  package func recordedLoss(in graph: Graph) throws -> (loss: RecordedLoss, inputs: [HostArray]) {
    let inputs = CaseInputs(self, graph)
    let loss = try RecordedLoss(lossKind, inputs, content)
    return (loss, inputs.feeds.map { $0.values(0) })
  }

  /// The losses whose sum is recorded.
  ///
  /// - Throws: `VerificationError` for a case that is no loss, or lacks a number.
  package func recordedLosses() throws -> [any DistillationLoss] {
    try lossKind.losses(numbers, [])
  }

  private var lossKind: LossKind {
    get throws(VerificationError) {
      guard let found = LossKind.all.first(where: { $0.name == kind }) else {
        throw .unknownKind(kind, file: content.path, known: LossKind.all.map(\.name).sorted())
      }
      return found
    }
  }
}

extension RecordedLoss {
  /// Writes the recorded weights of the loss's own layers, if it has any.
  ///
  /// - Throws: `WeightError` for weights that do not fit, or the device's errors.
  package func writeWeights(to session: Session) throws {
    guard let store else { return }
    try store.write(store.imported(weights), to: session)
  }
}

extension Safetensors {
  /// The recorded weights of a loss's layers, under the names that these have in a model.
  fileprivate func weights(of kind: LossKind) throws -> [NamedWeights] {
    try names.compactMap { name in
      let own =
        kind.weights[name]
        ?? (name.hasPrefix("adapter.") ? String(name.dropFirst("adapter.".count)) : nil)
      return try own.map {
        NamedWeights(
          name: "adapters.0.\($0)", shape: try tensor(name).shape, values: try floats(name))
      }
    }
  }
}

extension [Float] {
  /// NHWC elements in NCHW order; arrays without four axes unchanged.
  fileprivate func channelsFirst(_ shape: Shape) -> [Float] {
    guard shape.rank == 4 else { return self }
    let (pixels, channels) = (shape[1] * shape[2], shape[3])
    var result = self
    for image in 0..<shape[0] {
      for channel in 0..<channels {
        for pixel in 0..<pixels {
          result[(image * channels + channel) * pixels + pixel] =
            self[(image * pixels + pixel) * channels + channel]
        }
      }
    }
    return result
  }
}
