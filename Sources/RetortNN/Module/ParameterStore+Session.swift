import RetortCore

extension ParameterStore {
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
      parameters: try session.read(parameterVariable),
      buffers: try bufferVariable.map { try session.read($0) } ?? [])
  }
}
