import RetortNN
import RetortTraining

/// One generator that learns from examples alone.
public struct GenerativeTraining: Scheme {
  /// The model that learns.
  public let generator: ParameterStore
  /// What is minimised, in order.
  public let losses: [NamedLoss]

  /// A scheme over the given model and losses.
  public init(generator: ParameterStore, losses: [NamedLoss]) {
    (self.generator, self.losses) = (generator, losses)
  }

  /// The generator's.
  public var phases: [Phase] { [Phase(generator.name)] }

  /// The sum of the losses.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    let context = inputs.context(.training)
    let comparison = Comparison(
      inputs: inputs, context: context, learner: generator.model, examples: inputs.example,
      student: nil, teacher: nil, labels: inputs.labels)
    let terms = try losses.flatMap { try $0.loss.terms(comparison, name: $0.name) }
    let update = generator.statisticsUpdate(from: context)
    return Objective(terms: terms, effects: update.map { [$0] } ?? [])
  }
}
