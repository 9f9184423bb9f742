import RetortCore
import RetortNN
import RetortTraining

/// One fixed teacher, one student: labels, soft targets, and examples the teacher's generator
/// finds.
///
/// The objective is `Σ wᵢ·lossᵢ(x) + w·loss_d(x̃)`: cross-entropy and distillation on real
/// examples, distillation alone on generated ones.
///
/// Source: Hinton et al. 2015; Zaheer et al. 2022, equation 2.
public struct OfflineDistillation {
  /// The loss on labels.
  public struct Labels: Hashable, Sendable {
    /// What multiplies it.
    public var weight: Double
    /// ε in [0, 1).
    public var smoothing: Double

    /// Cross-entropy with the given weight.
    public init(weight: Double = 1, smoothing: Double = 0) {
      (self.weight, self.smoothing) = (weight, smoothing)
    }
  }

  /// The loss on the teacher's logits.
  public struct SoftTargets: Hashable, Sendable {
    /// What multiplies it.
    public var weight: Double
    /// T, > 0.
    public var temperature: Double

    /// Soft targets with the given weight and temperature.
    public init(weight: Double = 1, temperature: Double = 4) {
      (self.weight, self.temperature) = (weight, temperature)
    }
  }

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
  /// The loss on labels, if any.
  public let labels: Labels?
  /// The loss on the teacher's logits, if any.
  public let softTargets: SoftTargets?
  /// The search, if any.
  public let explorer: Explorer?
  /// What is looked up instead of computed.
  public let tables: Tables

  /// A scheme over the given players and losses.
  public init(
    student: ParameterStore, teacher: ParameterStore?, labels: Labels?, softTargets: SoftTargets?,
    explorer: Explorer? = nil, tables: Tables = Tables()
  ) {
    (self.student, self.teacher) = (student, teacher)
    (self.labels, self.softTargets) = (labels, softTargets)
    (self.explorer, self.tables) = (explorer, tables)
  }

  /// The step's objective; to be given to a `StepProgram` of the student.
  public func objective(_ inputs: StepInputs) -> Objective {
    let context = inputs.context(.training)
    let generated = explorer.map {
      $0.explore(inputs.images, codes: codes(inputs), in: inputs).explored
    }
    let (real, other) = forward(inputs.images, generated, context)
    var terms: [LossTerm] = []
    if let labels {
      let rows = real.crossEntropyRows(inputs.labels, labelSmoothing: labels.smoothing)
      terms.append(LossTerm("cross-entropy", weight: labels.weight, rows.mean()))
    }
    if let softTargets, let targets = targets(inputs) {
      let loss = softTargetLoss(
        student: real, teacher: targets, temperature: softTargets.temperature)
      terms.append(LossTerm("kd", weight: softTargets.weight, loss))
    }
    if let softTargets, let explorer, let generated, let other {
      let targets = explorer.labeler(generated, in: inputs.context(.evaluation))
      let loss = softTargetLoss(
        student: other, teacher: targets, temperature: softTargets.temperature)
      let weight = softTargets.weight * explorer.exploration.weight
      terms.append(LossTerm("kd-generated", weight: weight, loss))
    }
    let update = student.statisticsUpdate(from: context)
    return Objective(terms: terms, effects: update.map { [$0] } ?? [])
  }

  /// The student's logits of real and generated examples.
  private func forward(_ images: Tensor, _ generated: Tensor?, _ context: ForwardContext)
    -> (Tensor, Tensor?)
  {
    guard let generated, let explorer else { return (student.model(images, in: context), nil) }
    if explorer.exploration.statistics == .separate {
      return (student.model(images, in: context), student.model(generated, in: context))
    }
    let count = images.shape[0]
    let all = student.model(Tensor.concatenate([images, generated], axis: 0), in: context)
    return (
      all.slice(axis: 0, 0..<count), all.slice(axis: 0, count..<count + generated.shape[0])
    )
  }

  private func targets(_ inputs: StepInputs) -> Tensor? {
    if let (variable, classes) = tables.logits {
      return inputs.graph.variable(variable, [variable.count / classes, classes])
        .gather(inputs.indices)
    }
    return teacher.map { $0.model(inputs.images, in: inputs.context(.evaluation)) }
  }

  private func codes(_ inputs: StepInputs) -> Tensor? {
    guard let (variable, size) = tables.codes else { return nil }
    return inputs.graph.variable(variable, [variable.count / size, size]).gather(inputs.indices)
  }
}
