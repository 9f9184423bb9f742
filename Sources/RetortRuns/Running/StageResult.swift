import RetortRecipes
import RetortTraining

/// What a stage came to: the content of `result.json`.
public struct StageResult: Equatable, Sendable {
  /// How well one model does on the test set, and what it costs.
  public struct Score: Equatable, Sendable {
    /// The share of test examples it gets right; nil for generators.
    public var accuracy: Double?
    /// The mean negative log-likelihood, in nats.
    public var nll: Double?
    /// The expected calibration error over 15 bins.
    public var ece: Double?
    /// Trainable weights.
    public var parameters: Int
    /// Multiply-accumulates of one example.
    public var macs: Int
  }

  /// One state of the trained model, and what it came to.
  public struct Outcome: Equatable, Sendable {
    /// The steps done before it.
    public var step: Int
    /// On the examples held out for validation; nil where there are none.
    public var validation: ValidationRecord.Point?
    /// The share of test examples it gets right; nil for generators.
    public var testAccuracy: Double?
    /// The mean negative log-likelihood of test examples, in nats; nil for generators.
    public var testNLL: Double?

    init(step: Int, validation: ValidationRecord.Point?, test: ClassificationMetrics?) {
      (self.step, self.validation) = (step, validation)
      (testAccuracy, testNLL) = (test?.accuracy, test?.nll)
    }
  }

  /// The stage.
  public var stage: String
  /// Whose weights were trained.
  public var player: StageSpec.Player
  /// The trained model as it is kept: after the last step, or where it was best.
  public var trained: Score
  /// Which of the two is kept.
  public var kept: TrainSpec.Kept
  /// The model after the last step.
  public var last: Outcome
  /// The model where it was best on the examples held out for validation; nil where there are none.
  public var best: Outcome?
  /// The teacher, where one was used.
  public var teacher: Score?
  /// The share of test examples on which student and teacher agree.
  public var agreement: Double?
  /// Optimizer steps done.
  public var steps: Int
  /// Examples whose labels were used.
  public var labelledExamples: Int
  /// Examples that the teacher labelled during training.
  public var teacherEvaluations: Int
  /// Wall time of training and preparation, in seconds.
  public var seconds: Double
  /// The last losses by name.
  public var losses: [String: Double]

  /// Whether all fields are equal.
  public static func == (a: StageResult, b: StageResult) -> Bool {
    a.json(device: "", seed: 0, recipeSHA256: "").text
      == b.json(device: "", seed: 0, recipeSHA256: "").text
  }
}

/// The version that results carry.
public let retortVersion = "0.1.0"
