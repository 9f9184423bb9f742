import RetortTraining
import Synchronization

/// A watch on the compilation of kernels, for its progress and total time.
final class CompilationWatch: Sendable {
  /// The shared instance of this process.
  static let shared = CompilationWatch()

  private struct State {
    var began: ContinuousClock.Instant?
    var lastLine: ContinuousClock.Instant?
    var seconds = 0.0
    var isSilent = false
    var hasLines = false
  }

  private let state = Mutex(State())

  /// The total time of compilations so far, in seconds.
  var seconds: Double { state.withLock { $0.seconds } }

  /// Whether progress is not shown.
  var isSilent: Bool {
    get { state.withLock { $0.isSilent } }
    set { state.withLock { $0.isSilent = newValue } }
  }

  /// Whether to write occasional lines where no line can be rewritten: in a log, not in a result.
  var hasLines: Bool {
    get { state.withLock { $0.hasLines } }
    set { state.withLock { $0.hasLines = newValue } }
  }

  /// Records that `done` of `total` kernels are compiled; may be called by any thread.
  ///
  /// - Returns: Whether to continue.
  func note(_ done: Int, of total: Int) -> Bool {
    state.withLock { state in
      let now = ContinuousClock.now
      let began = state.began ?? now
      guard done < total else {
        state.seconds += (now - began).seconds
        state.began = nil
        if !state.isSilent { StandardOutput.clearLine() }
        return !Interruption.isWanted
      }
      state.began = began
      let line = "  compiling \(done + 1) of \(total)"
      if state.isSilent {
        // Only the time is recorded.
      } else if StandardOutput.isLive {
        StandardOutput.rewrite(StatusLine([line]).fitted(to: StandardOutput.columns - 1))
      } else if state.hasLines, now - max(began, state.lastLine ?? began) >= ProgressLines.pause {
        state.lastLine = now
        StandardOutput.write(line)
      }
      return !Interruption.isWanted
    }
  }
}
