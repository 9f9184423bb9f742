import RetortDistillation
import RetortFormats
import RetortTraining

/// How far a search can be trusted: what the theory of teacher guided training is about, estimated for one student.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825.
public struct BoundsReport: Equatable, Sendable {
  /// The stage whose search this is.
  public let stage: String
  /// Examples of each kind that were compared.
  public let examples: Int
  /// The numbers of a picture, of the teacher's features and of a latent code; 0 codes without an encoder.
  public let pixels: Int, features: Int, codes: Int
  /// What was estimated; without an encoder there are no figures of codes and reconstructions.
  public let figures: [BoundsFigure: Estimate]

  /// A report of the given figures.
  init(
    stage: String, examples: Int, pixels: Int, features: Int, codes: Int,
    figures: [BoundsFigure: Estimate]
  ) {
    (self.stage, self.examples) = (stage, examples)
    (self.pixels, self.features, self.codes) = (pixels, features, codes)
    self.figures = figures
  }

  /// The least share of reconstructions with the teacher's label of the original that a search is good with.
  static let leastLabelsKept = 0.8

  /// The name of the file in a stage's folder.
  package static let fileName = "bounds.json"

  /// A figure as it is shown.
  package struct Line: Sendable {
    /// What it is.
    package let title: String
    /// The estimate, and the ends of its interval.
    package let value: String, interval: String
  }

  /// The figures as they are shown, by group.
  package var groups: [(title: String, lines: [Line])] {
    BoundsFigure.Group.allCases.compactMap { group in
      let lines = BoundsFigure.allCases.filter { $0.group == group }.compactMap { figure in
        figures[figure].map { estimate -> Line in
          func text(_ value: Double) -> String {
            switch figure.form {
            case .percent: fixed(100 * value, 1) + " %"
            case .probability: value < 1e-4 ? "< 0.0001" : fixed(value, 4)
            case .decimals(let digits): fixed(value, digits)
            }
          }
          let interval = estimate.low.flatMap { low in
            estimate.high.map { "\(text(low)) to \(text($0))" }
          }
          return Line(title: figure.title, value: text(estimate.value), interval: interval ?? "")
        }
      }
      return lines.isEmpty ? nil : (group.rawValue, lines)
    }
  }

  /// What the figures say, a sentence each.
  package var findings: [String] {
    [
      fidelity, sum("range", of: .boundByRange, deviation: .deviation, signs: true),
      sum("variance", of: .boundByVariance, deviation: .varianceDeviation, signs: false),
    ].compactMap(\.self) + [
      "Random signs and the gap are those of this one student, less than the suprema over all that training "
        + "could make of it, and M is the greatest mismatch seen: the sums show which term weighs most, and "
        + "prove nothing."
    ]
  }

  /// How often reconstructions keep the teacher's label, and whether that is enough.
  private var fidelity: String? {
    figures[.labelsKept].map { kept in
      "The generator keeps the teacher's label on \(fixed(100 * kept.value, 0)) % of reconstructions"
        + (kept.value < Self.leastLabelsKept ? ": too weak to explore with." : ".")
    }
  }

  /// The shares of a sum's terms, the greatest first.
  private func sum(
    _ name: String, of bound: BoundsFigure, deviation: BoundsFigure, signs: Bool
  ) -> String? {
    guard let sum = figures[bound]?.value, sum > 0, let heldOut = figures[.heldOutMismatch] else {
      return nil
    }
    let named: [(String, Double?)] = [
      ("the mean on explored examples", figures[.exploredMismatch]?.value),
      ("random signs", signs ? figures[.randomSigns].map { 2 * $0.value } : nil),
      ("the deviation of the mean", figures[deviation]?.value), ("the gap", figures[.gap]?.value),
    ]
    let terms = named.compactMap { name, value in value.map { (name: name, share: $0 / sum) } }
      .sorted { $0.share > $1.share }
    let shares = terms.map { "\($0.name) \(fixed(100 * $0.share, 0)) %" }
    return "The sum by \(name) is \(fixed(sum, 4)), where the mismatch on test examples is "
      + "\(fixed(heldOut.value, 4)); of the sum, \(shares.joined(separator: ", "))."
  }
}

extension BoundsReport {
  /// The report as JSON.
  package var json: JSONValue {
    let members = BoundsFigure.allCases.compactMap { figure in
      figures[figure].map { JSONValue.Member(figure.rawValue, $0.json) }
    }
    return .record(
      ("stage", .string(stage)), ("examples", .integer(examples)), ("pixels", .integer(pixels)),
      ("features", .integer(features)), ("codes", .integer(codes)), ("figures", .object(members)))
  }

  /// The report in a `bounds.json`; nil if it is not valid.
  package init?(_ json: JSONValue) {
    guard let examples = json.count("examples"), let members = json["figures"]?.members else {
      return nil
    }
    var figures: [BoundsFigure: Estimate] = [:]
    for member in members {
      guard let figure = BoundsFigure(rawValue: member.key),
        let value = member.value.finite("value")
      else { continue }
      figures[figure] = Estimate(
        value, low: member.value.finite("low"), high: member.value.finite("high"))
    }
    self.init(
      stage: json["stage"]?.string ?? "", examples: examples, pixels: json.count("pixels") ?? 0,
      features: json.count("features") ?? 0, codes: json.count("codes") ?? 0, figures: figures)
  }
}

extension Estimate {
  /// The estimate as JSON.
  fileprivate var json: JSONValue {
    .record(
      ("value", .real(value)), ("low", low.map { .real($0) } ?? .null),
      ("high", high.map { .real($0) } ?? .null))
  }
}
