import RetortFormats
import RetortTraining

/// What a search found, step by step: figures over all parents, and pictures of a few.
public struct ExplorationReport: Sendable {
  /// The examples after some number of ascent steps.
  public struct Step: Equatable, Sendable {
    /// The mean divergence between teacher and student, in nats unless the measure says otherwise.
    public var divergence: Double
    /// The mean largest probability of the teacher, in [0, 1].
    public var teacherConfidence: Double
    /// The mean largest probability of the student, in [0, 1].
    public var studentConfidence: Double
    /// The share of examples on which both name one class.
    public var agreement: Double
  }

  /// The stage whose search this is.
  public var stage: String
  /// The originals.
  public var originals: Step
  /// The start and each ascent step; one entry where the search takes no steps.
  public var steps: [Step]
  /// Originals, reconstructions and explored pictures, with both opinions under each.
  public var grid: PNGImage

  /// The figures as JSON.
  package var json: JSONValue {
    func figures(_ step: Step) -> JSONValue {
      .record(
        ("divergence", .real(step.divergence)),
        ("teacherConfidence", .real(step.teacherConfidence)),
        ("studentConfidence", .real(step.studentConfidence)), ("agreement", .real(step.agreement))
      )
    }
    return .record(
      ("stage", .string(stage)), ("originals", figures(originals)),
      ("steps", .array(steps.map(figures))))
  }
}
