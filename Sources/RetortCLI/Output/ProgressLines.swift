import RetortFormats
import RetortRecipes
import RetortRuns
import RetortSchema
import RetortTraining

/// The progress of a run: one changing line on a terminal, occasional lines in a pipe.
final class ProgressLines {
  /// The shortest time between two lines about one training in a pipe.
  static let pause = Duration.seconds(10)
  /// The shortest time between two updates of a changing line.
  private static let frame = Duration.milliseconds(100)

  private let isSilent: Bool
  /// The time of the last line about the current training.
  private var lastLine: ContinuousClock.Instant?
  private var pace = Pace()
  private let began = ContinuousClock.now

  /// Lines on the standard output; none if the output is JSON.
  init(isSilent: Bool) {
    self.isSilent = isSilent
    CompilationWatch.shared.hasLines = !isSilent
  }

  /// Shows the recipe, the folder and the device of a run.
  func begin(_ recipe: Recipe, _ folder: String, _ device: String) {
    let count = recipe.stages.count
    line("\(recipe.name): \(count) stage\(count == 1 ? "" : "s") on \(device), into \(folder)")
    for note in recipe.notes { line(note) }
  }

  /// Shows an event of the run.
  func show(_ event: RunEvent) {
    switch event {
    case .stageBegan(let name, let learners, let steps, let examples):
      lastLine = nil
      pace = Pace()
      let models = learners.map { "the \($0)" }.listed("and")
      line("\(name): training \(models), \(steps) steps over \(examples) examples")
    case .compiled(let launches, let byteCount, let seconds):
      line(
        "  \(launches) launches a step, \(bytes(byteCount)) of device memory, ready after "
          + duration(seconds))
      pace.note(0, after: working(until: .now))
    case .teacherChecked(let teacher, let accuracy):
      line("  the \(teacher) is right on \(fixed(100 * accuracy, 2)) % of the test set")
    case .outputsFound(let name, let path):
      line("  the \(name)'s outputs for the training examples are read from \(path)")
    case .outputsReduced(let name, let loss):
      line("  the \(name)'s outputs are kept \(loss)")
    case .cacheUnreadable(let error):
      StandardError.complain("\(error) It is computed again.")
    case .cacheUnwritable(let error):
      StandardError.complain("\(error) Outputs are not kept.")
    case .dataNoted(let note): StandardError.complain(note)
    case .progress(_, let progress): show(progress)
    case .evaluated(_, let learner, let step, let accuracy):
      line(
        "  step \(step): \(learner.map { "\($0)'s " } ?? "")test accuracy \(fixed(100 * accuracy, 2)) %"
      )
    case .validated(_, let point, let isBest):
      let measure =
        point.accuracy.map { "accuracy \(fixed(100 * $0, 2)) %" } ?? "loss \(fixed(point.loss, 4))"
      line("  step \(point.step): validation \(measure)\(isBest ? ", the best so far" : "")")
    case .stoppedEarly(_, let step, let best):
      line("  stopped after step \(step): validation has not been better since step \(best)")
    case .stageEnded(let result): line("  " + summary(result))
    case .stageFound(let result): line("\(result.stage): ended before, " + summary(result))
    case .resumed(_, let step):
      line("  going on after step \(step)")
      pace = Pace()
      pace.note(step, after: working(until: .now))
    case .prefixLeftOut(let name, let prefix):
      StandardError.complain(
        "the names of the weights of '\(name)' all begin with '\(prefix)', which is left out")
    case .optionAssumed(let name, let model, let option):
      let value = fixed(option.defaultValue, 0)
      StandardError.complain(
        "the weights of '\(name)' fit \(model) whatever '\(option.name)' is, and \(value) is assumed "
          + "(\(option.summary)); set it if they were trained otherwise")
    case .notExported(let name, let reason):
      StandardError.complain("'\(name)' is not written as an ONNX file: \(reason)")
    case .checkpointRefused(let error):
      StandardError.complain("\(error) Going on from the one before it.")
    case .deviceChanged(let stage, let before, let now):
      StandardError.complain(
        "stage '\(stage)' began on \(before) and goes on on \(now): the last bits may differ")
    }
  }

  /// Shows a table of all stages at the end.
  func end(_ results: [StageResult], _ folder: String) {
    var table = TextTable(
      [
        "stage", "accuracy", "agreement", "NLL", "ECE", "parameters", "MACs",
        "teacher evaluations", "time",
      ], numeric: [1, 2, 3, 4, 5, 6, 7, 8])
    for result in results {
      for learner in result.learners {
        let (score, isAlone) = (learner.score, result.learners.count == 1)
        table.add(
          result.stage + (isAlone ? "" : "/" + learner.name), percent(score.accuracy),
          percent(learner.agreement), score.nll.map { fixed($0, 4) } ?? "-",
          score.ece.map { fixed($0, 4) } ?? "-", "\(score.parameters)", "\(score.macs)",
          "\(result.teacherEvaluations)", duration(result.seconds))
      }
    }
    line("")
    line(table.text)
    showRetrieval(results)
    showExits(results)
    line("results in \(folder)")
    let grid = folder + "/explored.png"
    if FileBytes.isReadable(grid) { line("explored pictures in \(grid)") }
  }

  /// Shows a table of how often queries found their documents, if any model gives vectors.
  private func showRetrieval(_ results: [StageResult]) {
    var table = TextTable(
      ["stage", "model", "recall@1", "recall@10", "MRR", "documents"], numeric: [2, 3, 4, 5])
    var rows = 0
    for result in results {
      let teacher = result.teacher.map { [("teacher", $0)] } ?? []
      for (name, score) in teacher + result.learners.map({ ($0.name, $0.score) }) {
        guard let found = score.retrieval else { continue }
        rows += 1
        table.add(
          result.stage, name, percent(found.recallAt1), percent(found.recallAt10),
          fixed(found.meanReciprocalRank, 4), "\(found.documents)")
      }
    }
    guard rows > 0 else { return }
    line("")
    line(table.text)
  }

  /// Shows a table of classifiers behind earlier layers, if there are any.
  private func showExits(_ results: [StageResult]) {
    var table = TextTable(
      ["stage", "model", "exit behind", "accuracy", "NLL", "MACs", "ms for 1,000"],
      numeric: [3, 4, 5, 6])
    var rows = 0
    for result in results {
      for learner in result.learners {
        for exit in learner.score.exits {
          rows += 1
          table.add(
            result.stage, learner.name, exit.module ?? "all layers", percent(exit.accuracy),
            fixed(exit.nll, 4), "\(exit.macs)", fixed(1e6 * exit.secondsPerExample, 1))
        }
      }
    }
    guard rows > 0 else { return }
    line("")
    line(table.text)
  }

  /// Shows the progress, replacing the last shown.
  func status(_ status: StatusLine) {
    guard !isSilent else { return }
    if StandardOutput.isLive {
      StandardOutput.rewrite(status.fitted(to: StandardOutput.columns - 1))
    } else {
      StandardOutput.write("  " + status.text)
    }
  }

  private func show(_ progress: TrainingProgress) {
    let now = ContinuousClock.now
    pace.note(progress.step, after: working(until: now))
    let isLast = progress.step == progress.steps
    let pause = StandardOutput.isLive ? Self.frame : Self.pause
    if !isLast, let lastLine, now - lastLine < pause { return }
    lastLine = now
    var fields = ["step \(progress.step)/\(progress.steps)"]
    if !isLast, let left = pace.secondsLeft(to: progress.steps) {
      fields.append("\(countdown(left)) left")
    }
    if let rate = pace.stepsPerSecond {
      fields.append("\(fixed(rate, rate < 10 ? 2 : rate < 100 ? 1 : 0)) steps/s")
    }
    // With a single term the total equals it.
    fields += progress.losses.dropFirst(progress.losses.count == 2 ? 1 : 0)
      .filter { !Self.isPartialSum($0.name) }
      .map { "\($0.name) \(fixed($0.value, 4))" }
    fields.append("rate \(scientific(progress.learningRate))")
    fields.append("\(fixed(progress.examplesPerSecond, 0)) examples/s")
    fields.append(bytes(ResidentMemory.now))
    let share = Double(progress.step) / Double(max(1, progress.steps))
    status(StatusLine(fields, share: share))
  }

  /// A time in whole seconds, or in minutes if long.
  private func countdown(_ seconds: Double) -> String {
    seconds < 120 ? "\(fixed(max(1, seconds), 0)) s" : duration(seconds)
  }

  /// The elapsed time without compilation, in seconds.
  private func working(until now: ContinuousClock.Instant) -> Double {
    (now - began).seconds - CompilationWatch.shared.seconds
  }

  private func line(_ text: String) {
    if !isSilent { StandardOutput.write(text) }
  }

  private func summary(_ result: StageResult) -> String {
    let losses = result.losses.filter { !Self.isPartialSum($0.key) }.sorted { $0.key < $1.key }
      .map { "\($0.key) \(fixed($0.value, 4))" }.joined(separator: ", ")
    let accuracies = result.learners.compactMap { learner in
      learner.score.accuracy.map { accuracy in
        let owner = result.learners.count == 1 ? "" : "\(learner.name)'s "
        return "\(owner)test accuracy \(fixed(100 * accuracy, 2)) %, "
      }
    }
    let best = result.learners[0].best?.step ?? 0
    let kept = result.kept == .best ? "that of step \(best) is kept, " : ""
    return "\(accuracies.joined())\(kept)\(losses), \(duration(result.seconds))"
  }

  /// Whether a name is that of one learner's total, whose terms are shown as well.
  private static func isPartialSum(_ name: String) -> Bool { name.hasSuffix("/loss") }

  private func percent(_ share: Double?) -> String {
    share.map { fixed(100 * $0, 2) + " %" } ?? "-"
  }
}
