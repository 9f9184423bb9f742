import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining

extension KernelCase {
  /// Losses of a batch as RepDistiller's on CIFAR-100 has it, each with its gradient by the student's tensors and by
  /// the layers of the loss itself.
  static let losses: [KernelCase] = [
    loss(SoftTargetLoss(temperature: 4), of: [logits]),
    loss(SoftCrossEntropyLoss(temperature: 4), of: [logits]),
    loss(ReverseDivergenceLoss(temperature: 4), of: [logits]),
    loss(JensenShannonLoss(temperature: 4), of: [logits]),
    loss(LogitLoss(), of: [logits]),
    loss(DecoupledLoss(), of: [logits]),
    loss(CorrelationOfClassesLoss(temperature: 4, beta: 1, gamma: 1), of: [logits]),
    loss(StandardizedLoss(temperature: 2), of: [logits]),
    loss(HardLabelLoss(), of: [logits]),
    loss(TopClassesLoss(count: 5), of: [logits]),
    loss(SigmoidLoss(), of: [logits]),
    loss(LearnedTemperatureLoss(), of: [logits]),
    loss(HintLoss(taps: taps(1)), of: [last]),
    loss(AttentionTransferLoss(taps: taps(2), power: 2), of: [middle, last]),
    loss(OverhaulLoss(taps: taps(1)), of: [last], teacher: normalized),
    loss(VariationalInformationLoss(taps: taps(1)), of: [last]),
    loss(FactorTransferLoss(taps: taps(1)), of: [last]),
    loss(SelectivityLoss(taps: taps(1)), of: [last]),
    loss(ActivationBoundaryLoss(taps: taps(1)), of: [last]),
    loss(ReviewLoss(taps: taps(2)), of: [middle, last]),
    loss(ContrastiveRepresentationLoss(taps: taps(1)), of: [last]),
    loss(FlowLoss(taps: taps(2)), of: [last, last]),
    loss(SingularVectorLoss(taps: taps(2)), of: [middle, last]),
    loss(ChannelCorrelationLoss(taps: taps(1)), of: [last]),
    loss(AffinityLoss(taps: taps(1), side: 8), of: [last]),
    loss(SimilarityLoss(taps: taps(1)), of: [last]),
    loss(RelationLoss(distance: 25, angle: 50), of: [embedding]),
    loss(ProbabilisticLoss(taps: taps(1)), of: [embedding]),
    loss(CorrelationLoss(taps: taps(1), form: .kernel), of: [embedding]),
    loss(InstanceGraphLoss(taps: taps(2)), of: [last, last]),
    loss(
      DissimilarityLoss(taps: (0..<2).map { TapPair(student: "0", teacher: "\($0)") }),
      of: [embedding, embedding]),
    loss(GraphAttentionLoss(taps: taps(2)), of: [middle, last]),
    loss(EmbeddingLoss(distance: .cosine), of: [embedding]),
    loss(ContrastiveLoss(), of: [embedding]),
    loss(RetrievalLoss(), of: [embedding]),
    loss(TokenCosineLoss(taps: taps(1)), of: [states]),
    loss(AttentionScoreLoss(taps: taps(2), heads: 12), of: [states, states]),
    loss(AttentionDistributionLoss(taps: taps(3), heads: 12), of: [states, states, states]),
    loss(SelfRelationLoss(taps: taps(3), heads: 12), of: [states, states, states]),
  ]

  private static let logits: Shape = [64, 100], embedding: Shape = [64, 64]
  private static let middle: Shape = [64, 16, 16, 32], last: Shape = [64, 8, 8, 64]
  /// States of 16 texts of 64 tokens, as wide as MiniLM's.
  private static let states: Shape = [16, 64, 384]

  private static func taps(_ count: Int) -> [TapPair] {
    (0..<count).map { TapPair(student: "\($0)", teacher: "\($0)") }
  }

  /// Maps behind a batch norm of a teacher, whose statistics are fixed.
  private static func normalized(_ maps: Tensor) -> Tensor {
    let (graph, channels) = (maps.graph, maps.shape[3])
    func constants(_ value: Float) -> Tensor {
      graph.constant([Float](repeating: value, count: channels), [channels])
    }
    return maps.batchNorm(
      gamma: constants(1), beta: constants(0), mean: constants(0.5), variance: constants(0.1),
      epsilon: 1e-5)
  }

  /// A loss between tensors of the given shapes, the first of which are the outputs too; the teacher's go through
  /// `prepared`.
  private static func loss<Loss: DistillationLoss>(
    _ loss: Loss, of shapes: [Shape],
    teacher prepared: @escaping @Sendable (Tensor) -> Tensor = { $0 }
  ) -> KernelCase {
    KernelCase(name: "loss-\(Loss.explanation.name)", isLoss: true) { operands in
      func tensors(_ whose: String) -> [Tensor] {
        shapes.enumerated().map { operands.tensor("\(whose).\($0)", $1) }
      }
      func tapped(_ tensors: [Tensor]) -> Taps {
        Taps(
          output: tensors[0],
          values: Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ("\($0)", $1) }))
      }
      let (student, teacher) = (tensors("student"), tensors("teacher").map(prepared))
      let adapters = try loss.adapters(shapes, shapes)
      let layers = AdaptedModel(Module(), adapters: [("loss", adapters)])
      let store = operands.store(layers)
      let state = operands.graph.constant([Int32(0), 0, 0], [3])
      let labels = operands.graph.constant((0..<64).map { Int32($0 % 10) }, [64])
      let examples = Example(student[0])
      let inputs = StepInputs(
        graph: operands.graph, example: examples, labels: labels, indices: labels,
        randomState: state)
      let terms = try loss.terms(
        Comparison(
          inputs: inputs, context: inputs.context(.training), learner: layers,
          examples: examples, student: tapped(student), teacher: tapped(teacher),
          labels: Loss.needsLabels ? labels : nil, adapters: adapters),
        name: "loss")
      let parts = terms.map { $0.value * $0.weight }
      let sum = parts.dropFirst().reduce(parts[0], +)
      return .outputs(
        [sum] + gradients(of: sum, with: student)
          + (store.trainable.isEmpty ? [] : [store.gradient(of: sum)]))
    }
  }
}
