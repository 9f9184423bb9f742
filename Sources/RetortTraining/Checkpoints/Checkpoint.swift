import RetortCore
import RetortData
import RetortFormats
import RetortNN

/// The complete state of a training run between two steps, from which it continues bit for bit.
public struct Checkpoint: Sendable {
  /// The run and the device that the state belongs to.
  public struct Origin: Equatable, Sendable {
    /// The seed of the run's random numbers.
    public var seed: UInt64
    /// The SHA-256 of the fully expanded recipe.
    public var recipeSHA256: String
    /// The device's name.
    public var device: String

    /// An origin with the given run and device.
    public init(seed: UInt64, recipeSHA256: String, device: String) {
      (self.seed, self.recipeSHA256, self.device) = (seed, recipeSHA256, device)
    }
  }

  /// The progress of the training.
  public var state: TrainingState
  /// The run and the device of the state.
  public var origin: Origin
  /// Weights, running statistics and the optimizer's state, by variable name.
  public var variables: [String: [Float]]

  /// The state of models in training, read from the device.
  ///
  /// - Throws: The device's errors.
  public init(
    _ session: Session, _ learners: [Learner], _ state: TrainingState, origin: Origin
  ) throws {
    variables = [:]
    for variable in learners.flatMap(\.variables) {
      precondition(variables[variable.name] == nil, "learners of one step have different names")
      variables[variable.name] = try session.read(variable)
    }
    (self.state, self.origin) = (state, origin)
  }

  /// The reason why training cannot continue from this checkpoint; nil if it can.
  ///
  /// - Parameters:
  ///   - order: The order of the training's batches, at any position.
  ///   - steps: The number of steps of the whole training.
  package func misfit(_ learners: [Learner], _ order: BatchOrder, steps: Int) -> String? {
    guard state.step <= steps else {
      return "it is of step \(state.step), and the training has \(steps)"
    }
    guard state.position == order.position(ofBatch: state.step) else {
      return "its place in the data is not that of step \(state.step)"
    }
    for variable in learners.flatMap(\.variables) {
      guard let values = variables[variable.name], values.count == variable.count else {
        return "it has \(variables[variable.name]?.count ?? 0) elements of '\(variable.name)', "
          + "not \(variable.count)"
      }
    }
    let weights = learners.flatMap { [$0.store.parameterVariable, $0.store.bufferVariable] }
    for variable in weights.compactMap(\.self) {
      guard variables[variable.name]?.allSatisfy(\.isFinite) ?? true else {
        return "its weights '\(variable.name)' are not finite"
      }
    }
    return nil
  }

  /// Writes the variables to the device.
  ///
  /// - Throws: `BackendError.wrongData` for a missing variable or one of another length.
  public func restore(_ session: Session, _ learners: [Learner]) throws {
    for variable in learners.flatMap(\.variables) {
      guard let values = variables[variable.name], values.count == variable.count else {
        throw BackendError.wrongData(
          what: "checkpoint", expected: "\(variable.count) elements of '\(variable.name)'",
          found: "\(variables[variable.name]?.count ?? 0)")
      }
      try session.write(values, to: variable)
    }
  }
}
