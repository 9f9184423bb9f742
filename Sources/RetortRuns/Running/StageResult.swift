import RetortDistillation
import RetortRecipes
import RetortTraining

/// What a stage came to: the content of `result.json`.
public struct StageResult: Equatable, Sendable {
  /// How well one model does on the test set, and what it costs.
  public struct Score: Equatable, Sendable {
    /// The share of test examples it gets right, which is the recall at 1 of vectors; nil for generators.
    public var accuracy: Double?
    /// The mean negative log-likelihood, in nats.
    public var nll: Double?
    /// The expected calibration error over 15 bins.
    public var ece: Double?
    /// Trainable weights.
    public var parameters: Int
    /// Multiply-accumulates of one example.
    public var macs: Int
    /// How often queries find their documents; nil for models that give no vectors.
    public var retrieval: Retrieval?
    /// The classifiers behind earlier layers, and last the model's own; empty without such classifiers.
    public var exits: [Exit] = []

    init(_ metrics: TestMetrics?, parameters: Int, macs: Int) {
      let classification = metrics?.classification
      (accuracy, nll) = (metrics?.accuracy, classification?.nll)
      (ece, retrieval) = (classification?.ece, metrics?.retrieval.map(Retrieval.init))
      (self.parameters, self.macs) = (parameters, macs)
    }
  }

  /// A classifier behind one of the model's layers, or its own, on the test set.
  public struct Exit: Equatable, Sendable {
    /// The module that it stands behind; nil for the model's own classifier.
    public var module: String?
    /// The share of test examples it gets right.
    public var accuracy: Double
    /// The mean negative log-likelihood, in nats.
    public var nll: Double
    /// Multiply-accumulates of one example, of what the classifier needs alone.
    public var macs: Int
    /// Wall time of one of the test examples, in batches as large as evaluations have, in seconds.
    public var secondsPerExample: Double
  }

  /// How often vectors of queries find the documents that belong to them.
  public struct Retrieval: Equatable, Sendable {
    /// The share of queries whose own document is the nearest.
    public var recallAt1: Double
    /// The share of queries whose own document is among the ten nearest.
    public var recallAt10: Double
    /// The mean of one over the rank of a query's own document.
    public var meanReciprocalRank: Double
    /// The number of documents that were searched.
    public var documents: Int

    init(_ metrics: RetrievalMetrics) {
      (recallAt1, recallAt10) = (metrics.recallAt1, metrics.recallAt10)
      (meanReciprocalRank, documents) = (metrics.meanReciprocalRank, metrics.documents)
    }
  }

  /// One state of the trained model, and what it came to.
  public struct Outcome: Equatable, Sendable {
    /// The steps done before it.
    public var step: Int
    /// On the examples held out for validation; nil where there are none.
    public var validation: ValidationRecord.Point?
    /// The share of test examples it gets right; nil for generators.
    public var testAccuracy: Double?
    /// The mean negative log-likelihood of test examples, in nats; nil for models without classes.
    public var testNLL: Double?

    init(step: Int, validation: ValidationRecord.Point?, test: TestMetrics?) {
      (self.step, self.validation) = (step, validation)
      (testAccuracy, testNLL) = (test?.accuracy, test?.classification?.nll)
    }
  }

  /// A listed teacher and its score.
  public struct Teacher: Equatable, Sendable {
    /// The name in the recipe.
    public var name: String
    /// The score of the teacher alone.
    public var score: Score
  }

  /// A model that was trained, and what it came to.
  public struct Learner: Equatable, Sendable {
    /// A student's name, or else its role.
    public var name: String
    /// What it does.
    public var role: Cast.Role
    /// The model as it is kept: after the last step, or where validation was best.
    public var score: Score
    /// The model after the last step.
    public var last: Outcome
    /// The model where validation was best; nil where nothing is held out.
    public var best: Outcome?
    /// The share of test examples on which the model and its teacher, or the mean of its teachers, agree.
    public var agreement: Double?
  }

  /// The stage.
  public var stage: String
  /// The models that were trained, in the order of the scheme; at least one.
  public var learners: [Learner]
  /// Which of a model's states is kept.
  public var kept: TrainSpec.Kept
  /// What the examples held out for validation said; of several models, the mean.
  public var validation: ValidationRecord
  /// The score of the teacher, or of the mean of listed teachers if a loss uses it; nil for none.
  public var teacher: Score?
  /// The listed teachers, in order; empty for a teacher under `teacher`.
  public var teachers: [Teacher] = []
  /// Optimizer steps done.
  public var steps: Int
  /// Examples whose labels were used.
  public var labelledExamples: Int
  /// The number of examples that teachers labelled before and during training, summed over teachers.
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

extension StageResult {
  /// The score of the model that the stage trained, of several the first.
  public var trained: Score { learners[0].score }
  /// That model after the last step.
  public var last: Outcome { learners[0].last }
  /// That model where validation was best; nil where nothing is held out.
  public var best: Outcome? { learners[0].best }
  /// The share of test examples on which it and its teacher agree.
  public var agreement: Double? { learners[0].agreement }
}

/// The version that results carry.
public let retortVersion = "0.1.0"
