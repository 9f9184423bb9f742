import RetortCore

extension ParameterStore {
  /// Takes the device's memory for the weights, zeroed, which shows whether it has as much.
  ///
  /// - Throws: `BackendError.memory` before anything is allocated where the device or this machine has
  ///   too little, or what the device says.
  public func reserve(in session: Session) throws {
    let variables = [parameterVariable, bufferVariable].compactMap(\.self)
    let byteCount = variables.reduce(0) { $0.saturatingSum(Plan.reservation($1.count, $1.dtype)) }
    try HostMemory.require(byteCount, for: "keeping the weights of model '\(name)'")
    for variable in variables { _ = try session.buffer(variable) }
  }

  /// Writes weights to the device.
  ///
  /// Programs compiled before a frozen store is written need `refresh()`.
  ///
  /// - Throws: What the device says.
  public func write(_ weights: FlatWeights, to session: Session) throws {
    try session.write(weights.parameters, to: parameterVariable)
    if let variable = bufferVariable { try session.write(weights.buffers, to: variable) }
  }

  /// The weights on the device, after everything enqueued before.
  ///
  /// - Throws: What the device says.
  public func weights(in session: Session) throws -> FlatWeights {
    FlatWeights(
      parameters: try session.read(binding.parameters),
      buffers: try bufferVariable.map { try session.read($0) } ?? [])
  }

  /// Calls `body`, for which `variable` holds the trainable parameters: forward passes that it
  /// builds and weights that it reads take them from there.
  ///
  /// Running statistics stay where they are, so an average of weights goes with the last
  /// statistics, as in PyTorch's `AveragedModel` with `use_buffers=False`.
  ///
  /// - Parameters:
  ///   - variable: Laid out as `parameterVariable`, which nil stands for.
  ///   - body: Called once.
  public func withParameters<Result>(
    in variable: Variable?, _ body: () throws -> Result
  ) rethrows -> Result {
    let outer = binding.parameters
    binding.parameters = variable ?? parameterVariable
    defer { binding.parameters = outer }
    return try body()
  }
}
