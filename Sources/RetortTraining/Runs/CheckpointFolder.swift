import RetortFormats

/// The checkpoints of one training: the newest few, and the best.
///
/// `step-N.safetensors` is the state after N steps, `best.safetensors` that of the best evaluation.
public struct CheckpointFolder: Sendable {
  /// Where they lie; made by the first that is written.
  public let path: String
  /// How many of the newest are kept, ≥ 1.
  public let kept: Int

  /// The checkpoints at `path`.
  public init(_ path: String, keeping kept: Int) { (self.path, self.kept) = (path, max(1, kept)) }

  /// Writes a checkpoint, then removes those that are too old.
  ///
  /// - Throws: `FormatError`; the checkpoints before it are then as they were.
  public func write(_ checkpoint: Checkpoint) throws(FormatError) {
    try write(checkpoint, named: name(checkpoint.state.step))
    for step in try steps().dropLast(kept) { AtomicFile.remove(file(name(step))) }
  }

  /// Writes the state of the best evaluation so far.
  public func writeBest(_ checkpoint: Checkpoint) throws(FormatError) {
    try write(checkpoint, named: "best.safetensors")
  }

  /// The newest checkpoint of a recipe that is whole; nil where there is none.
  ///
  /// What is damaged is removed.
  ///
  /// - Parameters:
  ///   - recipeSHA256: The recipe; a checkpoint of another counts as damaged.
  ///   - misfit: Why training cannot go on from a checkpoint, which then counts as damaged; nil where
  ///     it can.
  ///   - damaged: Told of each file that is removed.
  /// - Throws: `FormatError` if the folder or a file cannot be read.
  public func newest(
    of recipeSHA256: String, misfit: (Checkpoint) -> String? = { _ in nil },
    damaged: (FormatError) -> Void
  ) throws(FormatError) -> Checkpoint? {
    for step in try steps().reversed() {
      let path = file(name(step))
      do throws(FormatError) {
        let found = try Checkpoint(path: path)
        guard found.origin.recipeSHA256 == recipeSHA256 else {
          throw FormatError(path, .corrupt("it belongs to another recipe"))
        }
        guard found.state.step == step else {
          throw FormatError(path, .corrupt("it is of step \(found.state.step), unlike its name"))
        }
        if let reason = misfit(found) { throw FormatError(path, .corrupt(reason)) }
        return found
      } catch {
        if case .system = error.fault { throw error }
        damaged(error)
        AtomicFile.remove(path)
      }
    }
    return nil
  }

  private func write(_ checkpoint: Checkpoint, named name: String) throws(FormatError) {
    try AtomicFile.makeDirectories(path)
    try checkpoint.write(to: file(name))
  }

  private func file(_ name: String) -> String { path + "/" + name }

  private func name(_ step: Int) -> String { "step-\(step).safetensors" }

  /// The steps of all checkpoints, in order.
  private func steps() throws(FormatError) -> [Int] {
    try FolderEntries.names(path).compactMap { file in
      guard file.hasPrefix("step-"), let step = Int(file.dropFirst(5).prefix { $0 != "." }),
        file == name(step)
      else { return nil }
      return step
    }.sorted()
  }
}
