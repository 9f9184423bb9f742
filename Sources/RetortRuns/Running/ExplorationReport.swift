import FoundationEssentials
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

  /// A class and how much a model believes in it.
  public struct Opinion: Equatable, Sendable {
    /// The class.
    public var name: String
    /// In [0, 1].
    public var probability: Double
  }

  /// One example at one point of the search.
  public struct Sample: Equatable, Sendable {
    /// Where in the search: `original`, `reconstruction`, `explored` or `step 0` and on.
    public var title: String
    /// What it looks like: a PNG file.
    public var picture: [UInt8]
    /// What teacher and student take it for: the likeliest classes, best first.
    public var teacher: [Opinion], student: [Opinion]
    /// The divergence between the two.
    public var divergence: Double
  }

  /// The stage whose search this is.
  public var stage: String
  /// The originals.
  public var originals: Step
  /// The start and each ascent step; one entry where the search takes no steps.
  public var steps: [Step]
  /// The path of each example that is drawn.
  public var samples: [[Sample]]
  /// Originals, reconstructions and explored pictures, with both opinions under each.
  public var grid: PNGImage
  /// How far the search can be trusted; nil unless that was asked for.
  public var bounds: BoundsReport?

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
      ("steps", .array(steps.map(figures))),
      ("samples", .array(samples.map { .array($0.map(\.json)) })))
  }
}

extension ExplorationReport.Sample {
  /// The sample as JSON; its picture is a PNG file in base 64.
  fileprivate var json: JSONValue {
    func opinions(_ opinions: [ExplorationReport.Opinion]) -> JSONValue {
      .array(
        opinions.map {
          .record(("class", .string($0.name)), ("probability", .real($0.probability)))
        })
    }
    return .record(
      ("title", .string(title)), ("divergence", .real(divergence)),
      ("teacher", opinions(teacher)), ("student", opinions(student)),
      ("picture", .string(Data(picture).base64EncodedString())))
  }
}
