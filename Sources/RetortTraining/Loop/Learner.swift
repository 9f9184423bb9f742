import RetortCore
import RetortNN

/// A model that a step updates, with its optimizer's state and learning rate.
public struct Learner {
  /// The model and its weights.
  public let store: ParameterStore
  /// The optimizer's rule and its state for this model.
  public let optimizer: OptimizerState
  /// The learning rate before the schedule's factor.
  public let learningRate: Double
  /// The schedule of the learning rate's factor.
  public let schedule: any Schedule
  /// What its scheme keeps of it from step to step.
  public let kept: [Variable]

  /// A learner whose learning rate is `learningRate` times the schedule's factor.
  public init(
    _ store: ParameterStore, _ optimizer: OptimizerState, learningRate: Double,
    schedule: any Schedule = ConstantSchedule(), kept: [Variable] = []
  ) {
    (self.store, self.optimizer, self.kept) = (store, optimizer, kept)
    (self.learningRate, self.schedule) = (learningRate, schedule)
  }

  /// The name in messages, phases and logs: that of the store.
  public var name: String { store.name }

  /// All variables that training changes: weights, running statistics, the optimizer's state, and what the scheme
  /// keeps.
  package var variables: [Variable] {
    [store.parameterVariable] + (store.bufferVariable.map { [$0] } ?? []) + optimizer.variables
      + kept
  }

  /// The learning rate of the step numbered `step`, from 0.
  public func rate(at step: Int) -> Double { learningRate * schedule.factor(at: step) }
}
