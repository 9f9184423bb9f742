import RetortCPU
import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining
import Testing

/// A small classifier of 4×4 pictures.
final class Classifier: Module {
  let hidden: Linear
  let output: Linear

  init(width: Int) {
    hidden = Linear(16, width)
    output = Linear(width, 3)
  }

  override func forward(_ x: Tensor) -> Tensor { output(hidden(x.flatten()).tanh()) }
}

/// A small autoencoder of 4×4 pictures with two latent coordinates.
final class Autoencoder: Module, Generator {
  let encoder = Linear(16, 2)
  let decoder = Linear(2, 16)
  let latentShape: Shape = [2]

  func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor) {
    let mean = encoder(x.flatten())
    return (mean, mean * 0)
  }
  func decodeLogits(_ z: Tensor) -> Tensor { decoder(z).reshape([-1, 4, 4, 1]) }
  func decode(_ z: Tensor) -> Tensor { (decodeLogits(z) * 3).sigmoid() }
  override func forward(_ x: Tensor) -> Tensor { decode(encode(x).mean) }
}

/// A generator whose pictures are its codes.
final class Mirror: Module, Generator {
  let latentShape: Shape = [2]

  func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor) { (x.flatten(), x.flatten()) }
  func decodeLogits(_ z: Tensor) -> Tensor { z.reshape([-1, 1, 2, 1]) }
  func decode(_ z: Tensor) -> Tensor { decodeLogits(z) }
}

/// A teacher, a generator and a student on one device, with eight pictures.
struct Cast {
  static let batch = 8
  let session = Session(CPUBackend())
  let teacher = ParameterStore(Classifier(width: 12), name: "teacher", isFrozen: true)
  let generator = ParameterStore(Autoencoder(), name: "generator", isFrozen: true)
  let student = ParameterStore(Classifier(width: 5), name: "student")
  var images: [Float]
  let labels: [Int32]

  init() throws {
    for (seed, store) in [teacher, generator, student].enumerated() {
      var weights = store.initialWeights(seed: UInt64(seed + 3))
      // Confident models disagree; initial ones hardly do.
      if store !== student { weights.parameters = weights.parameters.map { $0 * 3 } }
      try store.write(weights, to: session)
    }
    var random = Philox4x32(seed: 11, stream: 1)
    images = (0..<Cast.batch * 16).map { _ in Float(random.next() >> 40) * 0x1p-24 }
    labels = (0..<Cast.batch).map { Int32($0 % 3) }
  }

  func explorer(
    _ exploration: Exploration, _ compute: ComputeType = .float32
  ) throws -> Explorer {
    Explorer(
      exploration, labeler: teacher, student: student.model,
      generator: generator.model as? any Generator,
      statistics: LatentStatistics(codes: try codes(), size: 2), compute: compute)
  }

  func codes() throws -> [Float] {
    let graph = Graph()
    let x = graph.input("x", [Cast.batch, 4, 4, 1])
    let model = try #require(generator.model as? any Generator)
    let code = model.using(ForwardContext(graph, .evaluation)) { model.encode(x).mean }
    return try run(graph, [code])[0]
  }

  /// Runs a graph whose inputs are named as a step's.
  func run(_ graph: Graph, _ outputs: [Tensor], step: Int = 0) throws -> [[Float]] {
    let program = try session.compile(graph, outputs: outputs)
    for (index, input) in graph.inputs.enumerated() {
      switch input.name {
      case "labels": try program.setInput(index, labels)
      case "indices": try program.setInput(index, (0..<Cast.batch).map { Int32($0) })
      case "random state": try program.setInput(index, [5, 0, Int32(step)])
      default: try program.setInput(index, images)
      }
    }
    try program.run()
    return try outputs.indices.map { try program.floats($0) }
  }

  static func inputs() -> StepInputs {
    let graph = Graph()
    return StepInputs(
      graph: graph, example: Example(graph.input("images", [batch, 4, 4, 1])),
      labels: graph.input("labels", [batch], .int32),
      indices: graph.input("indices", [batch], .int32),
      randomState: graph.input("random state", [3], .int32))
  }

  /// What the examples are.
  static let examples = ExampleSpec.image(ImageSize(height: 4, width: 4, channels: 1))

  /// A step of one learner over the examples as they are.
  func program(_ learner: Learner, _ scheme: any Scheme) throws -> StepProgram {
    try StepProgram(
      session, [learner], batch: Cast.batch, fields: Cast.examples.fields,
      pipeline: PlainPipeline(Cast.examples.fields), seed: 5, scheme: scheme)
  }
}
