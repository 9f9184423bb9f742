import RetortTraining

/// What a run tells its caller while it goes on.
public enum RunEvent: Sendable {
  /// A stage begins: its name, which player it trains, how many steps over how many examples.
  case stageBegan(name: String, player: StageSpec.Player, steps: Int, examples: Int)
  /// A step program was built: launches per step and device memory in bytes.
  case compiled(launches: Int, byteCount: Int, seconds: Double)
  /// Losses were read back.
  case progress(stage: String, TrainingProgress)
  /// The test set was evaluated.
  case evaluated(stage: String, step: Int, accuracy: Double)
  /// A stage ended.
  case stageEnded(StageResult)
  /// A teacher's test accuracy was measured before it was used.
  case teacherChecked(accuracy: Double)
}
