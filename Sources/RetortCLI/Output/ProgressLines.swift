import RetortFormats
import RetortRecipes
import RetortTraining

/// How a run goes on: one line that changes on a terminal, plain lines now and then in a pipe.
final class ProgressLines {
  /// The shortest time between two lines about one training in a pipe.
  private static let pause = Duration.seconds(10)

  private let isSilent: Bool
  private let isTerminal: Bool
  private var isLineOpen = false
  /// When the training under way was last spoken of in a pipe.
  private var lastLine: ContinuousClock.Instant?

  /// Lines for the standard output; none at all where another program reads JSON.
  init(isSilent: Bool) {
    self.isSilent = isSilent
    isTerminal = StandardOutput.isTerminal
  }

  /// Says what runs where.
  func begin(_ recipe: Recipe, _ folder: String, _ device: String) {
    let count = recipe.stages.count
    line("\(recipe.name): \(count) stage\(count == 1 ? "" : "s") on \(device), into \(folder)")
    for note in recipe.notes { line(note) }
  }

  /// Shows an event.
  func show(_ event: RunEvent) {
    switch event {
    case .stageBegan(let name, let player, let steps, let examples):
      lastLine = nil
      line("\(name): training the \(player.rawValue), \(steps) steps over \(examples) examples")
    case .compiled(let launches, let byteCount, let seconds):
      line(
        "  \(launches) launches a step, \(bytes(byteCount)) of device memory, ready after "
          + duration(seconds))
    case .teacherChecked(let accuracy):
      line("  the teacher is right on \(fixed(100 * accuracy, 2)) % of the test set")
    case .progress(_, let progress): show(progress)
    case .evaluated(_, let step, let accuracy):
      line("  step \(step): test accuracy \(fixed(100 * accuracy, 2)) %")
    case .validated(_, let point, let isBest):
      let measure =
        point.accuracy.map { "accuracy \(fixed(100 * $0, 2)) %" } ?? "loss \(fixed(point.loss, 4))"
      line("  step \(point.step): validation \(measure)\(isBest ? ", the best so far" : "")")
    case .stoppedEarly(_, let step, let best):
      line("  stopped after step \(step): validation has not been better since step \(best)")
    case .stageEnded(let result): line("  " + summary(result))
    case .stageFound(let result): line("\(result.stage): ended before, " + summary(result))
    case .resumed(_, let step): line("  going on after step \(step)")
    case .checkpointRefused(let error): complaint("\(error) Going on from the one before it.")
    case .deviceChanged(let stage, let before, let now):
      complaint(
        "stage '\(stage)' began on \(before) and goes on on \(now): the last bits may differ")
    }
  }

  /// Ends with a table of all stages.
  func end(_ results: [StageResult], _ folder: String) {
    var table = TextTable(
      [
        "stage", "accuracy", "agreement", "NLL", "ECE", "parameters", "MACs",
        "teacher evaluations", "time",
      ], numeric: [1, 2, 3, 4, 5, 6, 7, 8])
    for result in results {
      table.add(
        result.stage, percent(result.trained.accuracy), percent(result.agreement),
        result.trained.nll.map { fixed($0, 4) } ?? "-",
        result.trained.ece.map { fixed($0, 4) } ?? "-", "\(result.trained.parameters)",
        "\(result.trained.macs)", "\(result.teacherEvaluations)", duration(result.seconds))
    }
    line("")
    line(table.text)
    line("results in \(folder)")
    let grid = folder + "/explored.png"
    if FileBytes.isReadable(grid) { line("explored pictures in \(grid)") }
  }

  /// Shows how far things are, in place of what was shown before.
  func status(_ text: String) {
    guard isTerminal, !isSilent else {
      line(text)
      return
    }
    isLineOpen = true
    // A line that wraps could not be taken back.
    let shown = text.prefix(max(20, StandardOutput.columns - 1))
    StandardOutput.write("\r" + shown + "\u{1B}[K", terminator: "")
  }

  /// Leaves a line that was changing as it is.
  func endLine() {
    guard isLineOpen else { return }
    isLineOpen = false
    StandardOutput.write("")
  }

  private func show(_ progress: TrainingProgress) {
    let now = ContinuousClock.now
    let isLast = progress.step == progress.steps
    if !isTerminal, !isLast, let lastLine, now - lastLine < Self.pause { return }
    lastLine = now
    let rest =
      progress.seconds / Double(max(1, progress.step)) * Double(progress.steps - progress.step)
    let left = isLast ? "" : "  \(duration(max(1, rest.rounded()))) left"
    let share = fixed(100 * Double(progress.step) / Double(max(1, progress.steps)), 0)
    // The sum of a single term says nothing new.
    let losses = progress.losses.dropFirst(progress.losses.count == 2 ? 1 : 0)
      .map { "\($0.name) \(fixed($0.value, 4))" }
    status(
      "  step \(progress.step)/\(progress.steps)  \(share) %\(left)  "
        + losses.joined(separator: "  ") + "  rate \(scientific(progress.learningRate))  "
        + "\(fixed(progress.examplesPerSecond, 0)) examples/s  \(bytes(ResidentMemory.now))")
  }

  private func complaint(_ text: String) {
    endLine()
    StandardError.write("retort: " + text)
  }

  private func line(_ text: String) {
    guard !isSilent else { return }
    endLine()
    StandardOutput.write(text)
  }

  private func summary(_ result: StageResult) -> String {
    let losses = result.losses.sorted { $0.key < $1.key }
      .map { "\($0.key) \(fixed($0.value, 4))" }.joined(separator: ", ")
    let accuracy = result.trained.accuracy.map { "test accuracy \(fixed(100 * $0, 2)) %, " } ?? ""
    let kept = result.kept == .best ? "that of step \(result.best?.step ?? 0) is kept, " : ""
    return "\(accuracy)\(kept)\(losses), \(duration(result.seconds))"
  }

  private func percent(_ share: Double?) -> String {
    share.map { fixed(100 * $0, 2) + " %" } ?? "-"
  }
}
