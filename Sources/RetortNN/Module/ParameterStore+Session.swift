import RetortCore

extension ParameterStore {
  /// Allocates the device's memory for the weights, zeroed, to check early that it suffices.
  ///
  /// - Throws: `BackendError.memory` before anything is allocated if the device or this machine has too
  ///   little memory, or the device's errors.
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
  /// - Throws: The device's errors.
  public func write(_ weights: FlatWeights, to session: Session) throws {
    try session.write(weights.parameters, to: parameterVariable)
    if let variable = bufferVariable { try session.write(weights.buffers, to: variable) }
  }

  /// The weights on the device, after everything enqueued before.
  ///
  /// - Throws: The device's errors.
  public func weights(in session: Session) throws -> FlatWeights {
    FlatWeights(
      parameters: try session.read(binding.parameters),
      buffers: try bufferVariable.map { try session.read($0) } ?? [])
  }

  /// Calls `body` with the trainable parameters read from `variable`, in the forward passes that it builds
  /// and the weights that it reads.
  ///
  /// Running statistics are unaffected: an average of weights is used with the last statistics, as in
  /// PyTorch's `AveragedModel` with `use_buffers=False`.
  ///
  /// - Parameters:
  ///   - variable: A variable laid out as `parameterVariable`; nil for `parameterVariable` itself.
  ///   - body: Called once.
  public func withParameters<Result>(
    in variable: Variable?, _ body: () throws -> Result
  ) rethrows -> Result {
    let outer = binding.parameters
    binding.parameters = variable ?? parameterVariable
    defer { binding.parameters = outer }
    return try body()
  }

  /// Calls `body` with all weights, running statistics too, read from other variables in the forward passes that
  /// it builds.
  ///
  /// - Parameters:
  ///   - parameters: A variable laid out as `parameterVariable`.
  ///   - buffers: A variable laid out as `bufferVariable`; nil where that is nil.
  ///   - body: Called once.
  package func withWeights<Result, Fault: Error>(
    _ parameters: Variable, _ buffers: Variable?, _ body: () throws(Fault) -> Result
  ) throws(Fault) -> Result {
    let outer = (binding.parameters, binding.buffers)
    (binding.parameters, binding.buffers) = (parameters, buffers)
    defer { (binding.parameters, binding.buffers) = outer }
    return try body()
  }
}
