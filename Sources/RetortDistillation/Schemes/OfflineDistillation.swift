import RetortCore
import RetortNN
import RetortTraining

/// One fixed teacher, one student: losses on labels and on the teacher's outputs, on the examples and
/// on those that a search finds.
///
/// The objective is `Σ wᵢ·lossᵢ(x) + w·Σ wⱼ·lossⱼ(x̃)`: all losses on real examples, those that compare
/// with the teacher on generated ones.
///
/// Source: Hinton et al. 2015; Zaheer et al. 2022, equation 2.
public struct OfflineDistillation: Scheme {
  /// What is known of the training examples beforehand, one row each; nil where augmentation
  /// changes them from step to step.
  public struct Tables {
    /// The teacher's logits, `[examples, classes]`.
    public var logits: (variable: Variable, classes: Int)?
    /// Latent codes, `[examples, …]`, flat per example.
    public var codes: (variable: Variable, size: Int)?

    /// No tables: teacher and encoder run on every batch.
    public init() {}
  }

  /// The model that learns.
  public let student: ParameterStore
  /// Labels examples; nil for labels alone.
  public let teacher: ParameterStore?
  /// What is minimised, in order.
  public let losses: [NamedLoss]
  /// The search, if any.
  public let explorer: Explorer?
  /// What is looked up instead of computed.
  public let tables: Tables

  /// A scheme over the given models and losses.
  public init(
    student: ParameterStore, teacher: ParameterStore?, losses: [NamedLoss],
    explorer: Explorer? = nil, tables: Tables = Tables()
  ) {
    (self.student, self.teacher, self.losses) = (student, teacher, losses)
    (self.explorer, self.tables) = (explorer, tables)
  }

  /// The student's.
  public var phases: [Phase] { [Phase(student.name)] }

  /// The losses on the examples and on those that the search finds.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    let context = inputs.context(.training, tapping: tapping(\.student))
    let generated = explorer.map {
      Example($0.explore(inputs.example.x, codes: codes(inputs), in: inputs).explored)
    }
    let (real, other) = try forward(inputs.example, generated, context)
    let isTaught = losses.contains { type(of: $0.loss).needsTeacher }
    let comparison = Comparison(
      inputs: inputs, context: context, learner: student.model, examples: inputs.example,
      student: real, teacher: isTaught ? try targets(inputs) : nil, labels: inputs.labels)
    var terms = try losses.flatMap { try self.terms($0, comparison, name: $0.name) }
    if let explorer, let generated, let other, isTaught {
      let labels = try explorer.labeler.taps(generated, in: teacherContext(inputs))
      let comparison = Comparison(
        inputs: inputs, context: context, learner: student.model, examples: generated,
        student: other, teacher: labels, labels: nil)
      for loss in losses where type(of: loss.loss).needsTeacher {
        terms += try self.terms(loss, comparison, name: "\(loss.name)-generated").map {
          LossTerm($0.name, weight: $0.weight * explorer.exploration.weight, $0.value)
        }
      }
    }
    let update = student.statisticsUpdate(from: context)
    return Objective(terms: terms, effects: update.map { [$0] } ?? [])
  }

  /// The terms of one loss, with its adapters.
  private func terms(
    _ loss: NamedLoss, _ comparison: Comparison, name: String
  ) throws -> [LossTerm] {
    var comparison = comparison
    comparison.adapters =
      (student.model as? AdaptedModel)?.adapters.first { $0.loss == loss.name }?.modules ?? []
    return try loss.loss.terms(comparison, name: name)
  }

  /// The modules of one side that losses tap.
  private func tapping(_ side: (TapPair) -> String) -> Set<String> {
    Set(losses.flatMap { $0.loss.taps.map(side) })
  }

  private func teacherContext(_ inputs: StepInputs) -> ForwardContext {
    inputs.context(.evaluation, tapping: tapping(\.teacher))
  }

  /// The student's outputs and features of real and generated examples.
  private func forward(
    _ examples: Example, _ generated: Example?, _ context: ForwardContext
  ) throws(TapError) -> (Taps, Taps?) {
    guard let generated, let explorer else {
      return (try student.model.taps(examples, in: context), nil)
    }
    if explorer.exploration.statistics == .separate {
      let real = try student.model.taps(examples, in: context)
      return (real, try student.model.taps(generated, in: context))
    }
    let count = examples.count
    let all = try student.model.taps(examples.concatenated(with: generated), in: context)
    return (all.rows(0..<count), all.rows(count..<count + generated.count))
  }

  private func targets(_ inputs: StepInputs) throws(TapError) -> Taps? {
    if let (variable, classes) = tables.logits {
      return Taps(
        output: inputs.graph.variable(variable, [variable.count / classes, classes])
          .gather(inputs.indices))
    }
    return try teacher?.model.taps(inputs.example, in: teacherContext(inputs))
  }

  private func codes(_ inputs: StepInputs) -> Tensor? {
    guard let (variable, size) = tables.codes else { return nil }
    return inputs.graph.variable(variable, [variable.count / size, size]).gather(inputs.indices)
  }
}
