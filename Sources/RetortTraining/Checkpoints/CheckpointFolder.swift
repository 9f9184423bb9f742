import RetortFormats

/// The checkpoints of one training: the newest few, and the best.
///
/// `step-N.safetensors` is the state after N steps, `best-N.safetensors` that of a validation after N steps
/// that was the best until then.
public struct CheckpointFolder: Sendable {
  /// The folder's path; the first write creates it.
  public let path: String
  /// The number of newest checkpoints to keep, ≥ 1.
  public let kept: Int

  /// The checkpoints at `path`.
  public init(_ path: String, keeping kept: Int) { (self.path, self.kept) = (path, max(1, kept)) }

  /// Writes a checkpoint, then removes those that are too old, and the best states that no remaining
  /// checkpoint refers to.
  ///
  /// - Throws: `FormatError`; earlier checkpoints are then unchanged.
  public func write(_ checkpoint: Checkpoint) throws(FormatError) {
    try write(checkpoint, named: name(checkpoint.state.step))
    let all = try steps("step-")
    for step in all.dropLast(kept) { AtomicFile.remove(file(name(step))) }
    let (left, bests) = (all.suffix(kept), try steps("best-"))
    let needed = left.compactMap { step in bests.last { $0 <= step } }
    for step in bests where step <= checkpoint.state.step && !needed.contains(step) {
      AtomicFile.remove(file(bestName(step)))
    }
  }

  /// Writes the state of the best validation so far.
  public func writeBest(_ checkpoint: Checkpoint) throws(FormatError) {
    try write(checkpoint, named: bestName(checkpoint.state.step))
  }

  /// The state at the validation after `step` steps, the best until then.
  ///
  /// - Throws: `FormatError` if it is missing, damaged, or of another recipe.
  public func best(_ step: Int, of recipeSHA256: String) throws(FormatError) -> Checkpoint {
    let path = file(bestName(step))
    return try read(path, step, recipeSHA256)
  }

  /// Removes the best states of validations after `step`, which will be repeated.
  ///
  /// - Throws: `FormatError` if the folder cannot be read.
  public func dropBests(after step: Int) throws(FormatError) {
    for later in try steps("best-") where later > step { AtomicFile.remove(file(bestName(later))) }
  }

  /// The newest intact checkpoint of a recipe; nil if there is none.
  ///
  /// Damaged checkpoints are removed.
  ///
  /// - Parameters:
  ///   - recipeSHA256: The recipe; a checkpoint of another counts as damaged.
  ///   - misfit: The reason why training cannot continue from a checkpoint, which then counts as damaged; nil
  ///     if it can.
  ///   - damaged: Called with the fault of each file that is removed.
  /// - Throws: `FormatError` if the folder or a file cannot be read.
  public func newest(
    of recipeSHA256: String, misfit: (Checkpoint) -> String? = { _ in nil },
    damaged: (FormatError) -> Void
  ) throws(FormatError) -> Checkpoint? {
    for step in try steps("step-").reversed() {
      let path = file(name(step))
      do throws(FormatError) {
        let found = try read(path, step, recipeSHA256)
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

  /// Reads an intact checkpoint of this recipe and of the step in its name.
  private func read(
    _ path: String, _ step: Int, _ recipeSHA256: String
  ) throws(FormatError) -> Checkpoint {
    let found = try Checkpoint(path: path)
    guard found.origin.recipeSHA256 == recipeSHA256 else {
      throw FormatError(path, .corrupt("it belongs to another recipe"))
    }
    guard found.state.step == step else {
      throw FormatError(path, .corrupt("it is of step \(found.state.step), unlike its name"))
    }
    return found
  }

  private func file(_ name: String) -> String { path + "/" + name }

  private func name(_ step: Int) -> String { "step-\(step).safetensors" }

  private func bestName(_ step: Int) -> String { "best-\(step).safetensors" }

  /// The step numbers of all files with this name prefix, ascending.
  private func steps(_ start: String) throws(FormatError) -> [Int] {
    try FolderEntries.names(path).compactMap { file in
      guard file.hasPrefix(start),
        let step = Int(file.dropFirst(start.count).prefix { $0 != "." }),
        file == "\(start)\(step).safetensors"
      else { return nil }
      return step
    }.sorted()
  }
}
