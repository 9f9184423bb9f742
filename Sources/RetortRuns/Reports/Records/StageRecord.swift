import RetortFormats

/// The record of one stage of a run, or of one of several models that it trains.
package struct StageRecord: Sendable {
  /// The name of the learning rate's curve.
  static let learningRate = "learning rate"
  /// The name of the test accuracy's curve.
  static let testAccuracy = "test accuracy"

  /// The name; `stage/variant` for variants, and `stage/model` for one of several models.
  let name: String
  /// The stage's name.
  let stage: String
  /// The name of the model; nil if the stage trains only one.
  let learner: String?
  /// Curves over training steps by name: `total loss`, the loss terms, `learning rate`, `test accuracy`.
  let curves: [(name: String, curve: Curve)]
  /// The last known step.
  let lastStep: Int
  /// The stage's entries in the recipe; empty if the recipe has no such stage.
  let settings: [RecipeText.Setting]
  /// A key of the stage's recipe without names and seeds.
  let recipeKey: String
  /// The content of `result.json`; nil until the stage is completed.
  let result: ResultRecord?
  /// The content of `evaluation.json`; nil for generators.
  let evaluation: EvaluationRecord?
  /// The content of `explored.json`; nil for stages without exploration.
  let exploration: ExplorationRecord?
  /// The content of `bounds.json`; nil unless bounds were asked for.
  let bounds: BoundsReport?
  /// The content of `samples.png` of a generator; nil for other models.
  let samples: [UInt8]?
  /// Sentences about files that could not be used.
  let damage: [String]

  /// The record of the stage with its files in `home`; nil for no files.
  ///
  /// - Parameter kept: The stage's result, if it is known without a file of its own.
  /// - Throws: `FormatError` if one of them is damaged.
  init(
    _ lines: MetricLines.Stage, _ recipe: RecipeText, home: String?, kept: JSONValue? = nil
  ) throws(FormatError) {
    (stage, learner) = (lines.name, lines.learner)
    name = learner.map { "\(lines.name)/\($0)" } ?? lines.name
    settings = recipe.settings(of: stage)
    recipeKey = recipe.key(of: stage)
    var damage: [String] = []
    // Parsed values take many times the memory of their text, so each file has its own limit.
    func record<Record>(
      _ file: String, _ shape: JSONShape, limit: Int, _ make: (JSONValue) -> Record?
    ) throws(FormatError) -> Record? {
      guard let path = home.map({ $0 + "/" + file }), FileBytes.isReadable(path) else { return nil }
      let json = try JSONValue.read(path, limit: limit)
      try shape.check(json, path: path)
      let record = make(json)
      if record == nil {
        damage.append("\(file) of \(lines.name) does not hold what it should, and is left out.")
      }
      return record
    }
    let learner = lines.learner
    // A name that leads to another folder is not a student's.
    let isPlain = learner.map { !$0.contains("/") && ![".", "..", ""].contains($0) } ?? true
    let own = isPlain ? learner.map { "students/\($0)/" } ?? "" : "students//"
    if let kept {
      result = ResultRecord(kept, learner: learner)
    } else {
      result = try record("result.json", .result, limit: 1 << 20) {
        ResultRecord($0, learner: learner)
      }
    }
    evaluation = try record(
      own + "evaluation.json", .evaluation, limit: 1 << 25, EvaluationRecord.init)
    exploration = try record(
      own + "explored.json", .explored, limit: 1 << 26, ExplorationRecord.init)
    bounds = try record(
      own + BoundsReport.fileName, .bounds, limit: 1 << 20, BoundsReport.init)
    let isGenerator = learner == nil || learner == ResultRecord.Role.generator.rawValue
    if isGenerator, let path = home.map({ $0 + "/samples.png" }), FileBytes.isReadable(path) {
      samples = try FileBytes.read(path, limit: 1 << 24)
    } else {
      samples = nil
    }
    self.damage = damage
    lastStep = max(lines.lastStep, result?.steps ?? 0)
    curves = Self.concluded(lines.curves, result)
  }

  /// `curves` with the test accuracy after the last step, which only the result contains.
  private static func concluded(
    _ curves: [(name: String, curve: Curve)], _ result: ResultRecord?
  ) -> [(name: String, curve: Curve)] {
    guard let end = result?.last else { return curves }
    return curves.map { name, curve in
      guard name == testAccuracy, let last = curve.points.last, last.step < Double(end.step) else {
        return (name, curve)
      }
      var whole = curve
      whole.add(step: end.step, end.accuracy)
      return (name, whole)
    }
  }

  /// The curve `name`; empty if there is none.
  func curve(_ name: String) -> Curve {
    curves.first { $0.name == name }?.curve ?? Curve()
  }

  /// The variant, or the full name if there are no variants.
  var variant: String { name.split(separator: "/").last.map(String.init) ?? name }

  /// The role of the trained model; nil if neither result nor recipe shows it.
  var role: ResultRecord.Role? {
    if let result { return result.role }
    let keys = settings.map(\.key)
    if let learner, !keys.contains(learner) { return .student }
    return [ResultRecord.Role.student, .generator, .discriminator, .teacher].first {
      keys.contains($0.rawValue) && (learner == nil || learner == $0.rawValue)
    }
  }

  /// The score of the trained model.
  var score: ResultRecord.Score? { result?.score }

  /// The score of the model's teacher.
  var teacher: ResultRecord.Score? { result?.teacher }
}
