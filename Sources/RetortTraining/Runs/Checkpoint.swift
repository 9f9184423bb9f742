import RetortCore
import RetortFormats
import RetortNN

/// Everything needed to go on where a run stood: weights, optimizer state, the step.
///
/// Batches and random elements follow from the step and the seed, so nothing else is stored.
public struct Checkpoint: Sendable {
  /// Steps done.
  public var step: Int
  /// What the run's randomness depends on.
  public var seed: UInt64
  /// The SHA-256 of the fully expanded recipe.
  public var recipeSHA256: String
  /// The contents of each variable, by its name.
  public var variables: [String: [Float]]

  /// A checkpoint of the given state.
  public init(step: Int, seed: UInt64, recipeSHA256: String, variables: [String: [Float]]) {
    (self.step, self.seed) = (step, seed)
    (self.recipeSHA256, self.variables) = (recipeSHA256, variables)
  }

  /// The state of a model in training, read from the device.
  public init(
    _ session: Session, _ store: ParameterStore, _ optimizer: OptimizerState, step: Int,
    seed: UInt64, recipeSHA256: String
  ) throws {
    var contents: [String: [Float]] = [:]
    for variable in Checkpoint.variables(store, optimizer) {
      contents[variable.name] = try session.read(variable)
    }
    self.init(step: step, seed: seed, recipeSHA256: recipeSHA256, variables: contents)
  }

  /// Writes the checkpoint atomically.
  public func write(to path: String) throws(FormatError) {
    let tensors = variables.mapValues { HostTensor(shape: [$0.count], floats: $0) }
    try Safetensors(
      tensors: tensors,
      metadata: [
        "format": "retort-checkpoint-1", "step": "\(step)", "seed": "\(seed)",
        "recipe": recipeSHA256,
      ]
    ).write(to: path)
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: `FormatError` for a file that is not one or is damaged.
  public init(path: String) throws(FormatError) {
    let content = try Safetensors.read(path)
    let metadata = content.metadata
    guard metadata["format"] == "retort-checkpoint-1",
      let step = metadata["step"].flatMap({ Int($0) }),
      let seed = metadata["seed"].flatMap({ UInt64($0) })
    else { throw FormatError(path, in: "metadata", .corrupt("it is no checkpoint of Retort")) }
    var variables: [String: [Float]] = [:]
    for name in content.names { variables[name] = try content.floats(name) }
    self.init(
      step: step, seed: seed, recipeSHA256: metadata["recipe"] ?? "", variables: variables)
  }

  /// Puts the state back on the device.
  ///
  /// - Throws: `BackendError.wrongData` if the model or optimizer is another one.
  public func restore(_ session: Session, _ store: ParameterStore, _ optimizer: OptimizerState)
    throws
  {
    for variable in Checkpoint.variables(store, optimizer) {
      guard let values = variables[variable.name], values.count == variable.count else {
        throw BackendError.wrongData(
          what: "checkpoint", expected: "\(variable.count) elements of '\(variable.name)'",
          found: "\(variables[variable.name]?.count ?? 0)")
      }
      try session.write(values, to: variable)
    }
  }

  private static func variables(_ store: ParameterStore, _ optimizer: OptimizerState) -> [Variable]
  {
    [store.parameterVariable] + (store.bufferVariable.map { [$0] } ?? []) + optimizer.variables
  }
}
