import RetortCore
import RetortData
import RetortModels
import RetortNN
import RetortTraining

/// The outputs of a workload's model in evaluation mode, compiled for a device, with its inputs.
///
/// The inputs are on the device already: what is timed begins and ends there.
final class WorkloadPass: TimedWork {
  /// The model.
  let store: ParameterStore
  /// The inputs.
  let inputs: SyntheticInputs
  // Variables live as long as their session.
  private let session: Session
  private let program: any Executable

  /// Builds the model, its initial weights and the pass.
  ///
  /// - Throws: `ModelError`, `GraphError` or the device's errors.
  init(_ workload: Workload, batch: Int, on backend: any Backend) throws {
    session = Session(backend)
    let model = try ModelCatalog.make(
      workload.model, options: workload.options, for: workload.examples, classes: workload.classes)
    store = ParameterStore(model, name: "model", isFrozen: true)
    try store.write(store.initialWeights(seed: WorkloadStep.seed), to: session)
    inputs = SyntheticInputs(workload, batch: batch)
    let graph = Graph()
    let fields = inputs.fields.map { $0.input(in: graph, batch: batch) }
    let example = PlainPipeline(inputs.fields).example(fields, drawn: [])
    program = try session.compile(
      graph, outputs: [store.model(example, in: ForwardContext(graph, .evaluation))])
    try inputs.examples.withBytes { try program.setInput(0, $0) }
  }

  func run() throws { try program.run() }

  func finish() throws { try program.finish() }

  /// The outputs of the last run, `[batch, …]`; waits for it.
  ///
  /// - Throws: `NonFiniteOutput`.
  func outputs() throws -> HostArray {
    let outputs = try program.output(0)
    guard case .float32(let values) = outputs, values.allSatisfy(\.isFinite) else {
      throw NonFiniteOutput(model: store.name, example: "a made-up batch")
    }
    return outputs
  }

  func check() throws { _ = try outputs() }

  var launchCount: Int { program.launchCount }

  var byteCount: Int { program.byteCount }
}
