import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortNN
import RetortTraining

extension StageModel {
  /// Measures the classifiers behind earlier layers on the test set, and behind them the model's own, the times in one
  /// pass each once plans are compiled; empty without such classifiers.
  ///
  /// - Throws: `NonFiniteOutput`, the dataset's errors, `GraphError` or the device's errors.
  func exits(on data: StageData, classes: Int, in session: Session) throws -> [StageResult.Exit] {
    guard let model = store.model as? AdaptedModel, !model.earlyExits.isEmpty else { return [] }
    func logits(_ exit: EarlyExit?, _ examples: Example, _ graph: Graph) -> Tensor {
      exit.map { model.logits(of: $0, for: examples, in: graph) }
        ?? model(examples, in: ForwardContext(graph, .evaluation))
    }
    return try (model.earlyExits + [nil]).map { exit in
      let inference = Inference(session, name: store.name, pipeline: data.examples.pipeline()) {
        [logits(exit, $1, $0)]
      }
      let metrics = ClassificationMetrics(
        logits: try inference.outputs(data.test)[0], labels: data.test.labels, classes: classes)
      let clock = ContinuousClock()
      let took = try clock.measure { _ = try inference.outputs(data.test) }
      let graph = Graph()
      let result = logits(exit, data.examples.inputs(in: graph, batch: 1), graph)
      return StageResult.Exit(
        module: exit?.module, accuracy: metrics.accuracy, nll: metrics.nll,
        macs: graph.multiplyAccumulates(of: result),
        secondsPerExample: took.seconds / Double(data.test.count))
    }
  }

  /// Writes an ONNX file for each classifier behind an earlier layer, without the layers behind it:
  /// `exits/MODULE.onnx` in the model's folder.
  ///
  /// - Parameters:
  ///   - files: The model's description.
  ///   - refuse: Told of a file that cannot be written, and why.
  func writeExits(
    _ files: ModelFiles, to folder: String, session: Session,
    refuse: (_ path: String, any Error) -> Void
  ) throws {
    guard let model = store.model as? AdaptedModel, !model.earlyExits.isEmpty else { return }
    var files = files
    files.weights = store.exported(try store.weights(in: session))
    try AtomicFile.makeDirectories("\(folder)/exits")
    for exit in model.earlyExits {
      try Self.write(to: "\(folder)/exits/\(exit.module).onnx", refuse) {
        try files.onnx(store) { model.logits(of: exit, for: $0, in: $1) }
      }
    }
  }
}
