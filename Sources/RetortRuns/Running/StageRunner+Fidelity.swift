import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// The number of training examples by which a generator is judged; with fewer it is not.
  private static let judged = 512
  /// The share of reconstructions with the teacher's label below which it is told of.
  private static let leastFidelity = 0.7

  /// Says so where the generator is too weak to explore with: its reconstructions of training examples, from which the
  /// search starts, are too often something else to the teacher.
  ///
  /// - Throws: `NonFiniteOutput`, the dataset's errors, or the device's.
  func noteWeakGenerator() throws {
    guard let exploration = stage.explore, exploration.kind.needsEncoder,
      data.training.count >= Self.judged, let teacher = labeler,
      let generator = models[.generator]?.store.model as? any Generator,
      !(generator is any TextGenerator)
    else { return }
    let examples = drawn(Self.judged, of: data.training, step: 2)
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
    let share = labels[0].agreement(with: labels[1])
    guard share < Self.leastFidelity else { return }
    parent.report(
      .dataNoted(
        "the generator of stage '\(stage.name)' is weak: of \(examples.count) training examples that it "
          + "reconstructs, \(Int((100 * share).rounded())) % keep the teacher's label, so that the search starts from "
          + "other classes; train it longer, or with larger codes, and see 'retort explore --bounds'"
      ))
  }
}
