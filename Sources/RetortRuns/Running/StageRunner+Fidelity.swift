import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// The most training examples by which a generator is judged.
  private static let judged = 512

  /// Says so where the generator is too weak to explore with: its reconstructions of training examples, from which the
  /// search starts, are too often something else to the teacher.
  ///
  /// - Throws: As `generatorFidelity`.
  func noteWeakGenerator() throws {
    guard let found = try generatorFidelity(), found.isWeak else { return }
    parent.report(.dataNoted(found.text + ", and see 'retort explore --bounds'"))
  }

  /// How often the teacher takes training examples for the same once the generator has reconstructed them; nil where
  /// no search starts from a picture's code, or there are fewer than `GeneratorFidelity.leastExamples`.
  ///
  /// - Throws: `NonFiniteOutput`, the dataset's errors, or the device's.
  func generatorFidelity() throws -> GeneratorFidelity? {
    guard let exploration = stage.explore, exploration.kind.needsEncoder,
      data.training.count >= GeneratorFidelity.leastExamples, let teacher = labeler,
      let generator = models[.generator]?.store.model as? any Generator,
      !(generator is any TextGenerator)
    else { return nil }
    let examples = drawn(min(Self.judged, data.training.count), of: data.training, step: 2)
    let said = try named("training") {
      try Inference(session, name: "generator", pipeline: data.examples.pipeline()) {
        graph, example in
        let context = ForwardContext(graph, .evaluation)
        let made = generator.using(context) {
          generator.decode(generator.encode(example.x).mean)
        }
        return [example, Example(made)].map { teacher.logits(of: $0, indices: nil, in: graph) }
      }.outputs(examples)
    }
    let labels = try said.map {
      try TestMetrics(data.outputs, $0, of: examples, in: session)
    }
    return GeneratorFidelity(
      stage: stage.name, examples: examples.count,
      labelsKept: labels[0].agreement(with: labels[1]))
  }
}
