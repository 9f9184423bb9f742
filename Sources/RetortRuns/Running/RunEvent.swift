import RetortFormats
import RetortModels
import RetortRecipes
import RetortTraining

/// What a run tells its caller while it goes on.
public enum RunEvent: Sendable {
  /// A stage begins: its name, which models it trains, how many steps over how many examples.
  case stageBegan(name: String, learners: [String], steps: Int, examples: Int)
  /// A step program was built: launches per step and device memory in bytes.
  case compiled(launches: Int, byteCount: Int, seconds: Double)
  /// Losses were read back.
  case progress(stage: String, TrainingProgress)
  /// The test set was evaluated; by which of several models that are trained.
  case evaluated(stage: String, learner: String?, step: Int, accuracy: Double)
  /// The examples held out for validation were evaluated; of several models, the mean.
  case validated(stage: String, ValidationRecord.Point, isBest: Bool)
  /// Training ended before its last step, since validation had not been better for as long as its patience
  /// lasts; after how many steps it was best.
  case stoppedEarly(stage: String, step: Int, best: Int)
  /// A stage ended.
  case stageEnded(StageResult)
  /// A stage had ended before the run was resumed.
  case stageFound(StageResult)
  /// A stage goes on after so many steps.
  case resumed(stage: String, step: Int)
  /// A checkpoint is of no use; the one before it is taken, or the stage begins anew.
  case checkpointRefused(FormatError)
  /// A stage goes on on another device than it began on, so that bits may differ.
  case deviceChanged(stage: String, from: String, to: String)
  /// The names of a model's weights all begin so, which is left out.
  case prefixLeftOut(name: String, prefix: String)
  /// A model's weights fit whatever the value of an option is, no `config.json` says it, and the recipe
  /// leaves it at the standard value.
  case optionAssumed(of: String, model: String, ModelOption)
  /// The outputs of a model over the training examples were read from the cache.
  case outputsFound(name: String, path: String)
  /// The outputs of a model are kept, and trained on, in a form that loses some of them: how, and how much.
  case outputsReduced(name: String, String)
  /// A file of the cache is damaged; its outputs are computed and written again.
  case cacheUnreadable(FormatError)
  /// Outputs could not be written to the cache; the run continues without.
  case cacheUnwritable(FormatError)
  /// A trained model was not written as an ONNX file, for the given reason.
  case notExported(name: String, String)
  /// Something was noticed in the examples that a stage reads, such as damaged files that are left out.
  case dataNoted(String)
  /// The test accuracy of a teacher was measured before its use. The title is `teacher`, `teacher NAME`, or
  /// `mean of the teachers`.
  case teacherChecked(String, accuracy: Double)
}
