import RetortCore
import RetortNN

/// A model that a step updates: its weights, what follows their gradient, and how fast.
public struct Learner {
  /// The model and its weights.
  public let store: ParameterStore
  /// What follows the gradient.
  public let optimizer: OptimizerState
  /// The learning rate at factor 1.
  public let learningRate: Double
  /// What scales it from step to step.
  public let schedule: any Schedule

  /// A learner whose learning rate is `learningRate` times the schedule's factor.
  public init(
    _ store: ParameterStore, _ optimizer: OptimizerState, learningRate: Double,
    schedule: any Schedule = ConstantSchedule()
  ) {
    (self.store, self.optimizer) = (store, optimizer)
    (self.learningRate, self.schedule) = (learningRate, schedule)
  }

  /// What messages, phases and logs call it: its store's name.
  public var name: String { store.name }

  /// Everything that changes while it learns: weights, running statistics, the optimizer's state.
  package var variables: [Variable] {
    [store.parameterVariable] + (store.bufferVariable.map { [$0] } ?? []) + optimizer.variables
  }

  /// The learning rate of the step numbered `step`, from 0.
  public func rate(at step: Int) -> Double { learningRate * schedule.factor(at: step) }
}
