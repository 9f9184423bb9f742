import RetortFormats

/// The results of a search, read from `explored.json`.
package struct ExplorationRecord: Sendable {
  /// Means over many examples at one step of a search.
  struct Figures {
    let divergence: Double?
    /// The mean largest probability, from 0 to 1.
    let teacherConfidence, studentConfidence: Double?
    /// The share of examples on which both models predict the same class, from 0 to 1.
    let agreement: Double?

    fileprivate init(_ json: JSONValue) {
      divergence = json.finite("divergence")
      teacherConfidence = json.share("teacherConfidence")
      studentConfidence = json.share("studentConfidence")
      agreement = json.share("agreement")
    }
  }

  /// A class with a model's probability for it, from 0 to 1.
  struct Opinion {
    let name: String
    let probability: Double
  }

  /// One example at one step of a search.
  struct Picture {
    let title: String
    let divergence: Double?
    /// The most probable classes, in descending order.
    let teacher, student: [Opinion]
    /// A PNG file in base 64; empty if the field is not valid.
    let png: String

    fileprivate init(_ json: JSONValue) {
      title = json["title"]?.string ?? ""
      divergence = json.finite("divergence")
      (teacher, student) = (Self.opinions(json["teacher"]), Self.opinions(json["student"]))
      let text = json["picture"]?.string ?? ""
      // The characters of base 64 lie between '+' and 'z'.
      png = text.utf8.allSatisfy { $0 > 0x2A && $0 < 0x7B } ? text : ""
    }

    private static func opinions(_ json: JSONValue?) -> [Opinion] {
      (json?.array ?? []).map {
        Opinion(name: $0["class"]?.string ?? "", probability: $0.share("probability") ?? 0)
      }
    }

    /// Whether both models predict the same class.
    var isAgreed: Bool { teacher.first?.name == student.first?.name }
  }

  /// The figures of the originals.
  let originals: Figures
  /// The figures at the search's start and after each of its steps.
  let steps: [Figures]
  /// The shown examples, each along its search.
  let samples: [[Picture]]

  /// The record in an `explored.json`; nil if it is not valid.
  init?(_ json: JSONValue) {
    guard let steps = json["steps"]?.array else { return nil }
    originals = Figures(json["originals"] ?? .null)
    self.steps = steps.map(Figures.init)
    samples = (json["samples"]?.array ?? []).map { ($0.array ?? []).map(Picture.init) }
  }

  /// The mean divergence by steps of the search.
  var divergence: Curve {
    var curve = Curve()
    for (index, step) in steps.enumerated() { curve.add(step: index, step.divergence) }
    return curve
  }
}
