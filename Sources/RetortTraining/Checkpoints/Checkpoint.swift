import RetortCore
import RetortData
import RetortFormats
import RetortNN

/// Everything needed to go on where a run stood, bit for bit.
public struct Checkpoint: Sendable {
  /// Which run and which device the state belongs to.
  public struct Origin: Equatable, Sendable {
    /// What the run's randomness depends on.
    public var seed: UInt64
    /// The SHA-256 of the fully expanded recipe.
    public var recipeSHA256: String
    /// What the device is called.
    public var device: String

    /// The given run.
    public init(seed: UInt64, recipeSHA256: String, device: String) {
      (self.seed, self.recipeSHA256, self.device) = (seed, recipeSHA256, device)
    }
  }

  /// Where the training stands.
  public var state: TrainingState
  /// Where the state comes from.
  public var origin: Origin
  /// Weights, running statistics and the optimizer's state, by the variable's name.
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

  /// Why training cannot go on from here; nil if it can.
  ///
  /// - Parameters:
  ///   - order: The batches of the training, from any place.
  ///   - steps: The steps of the whole training.
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

  /// Puts the variables back on the device.
  ///
  /// - Throws: `BackendError.wrongData` if a model or optimizer is another one.
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
