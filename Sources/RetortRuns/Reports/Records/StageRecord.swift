import RetortFormats

/// What a run's folder tells of one stage, or of one of several models that it trains.
package struct StageRecord: Sendable {
  /// What the curve of the learning rate is called.
  static let learningRate = "learning rate"
  /// What the curve of the share of test examples that is right is called.
  static let testAccuracy = "test accuracy"

  /// Its name; variants are called `stage/variant`, and one of several models `stage/model`.
  let name: String
  /// The stage's name.
  let stage: String
  /// The model; nil where the stage trains one.
  let learner: String?
  /// Values over training steps by name: `total loss`, the loss terms, `learning rate`, `test
  /// accuracy`.
  let curves: [(name: String, curve: Curve)]
  /// The last step that is known of.
  let lastStep: Int
  /// Its entries of the recipe; none where the recipe has no such stage.
  let settings: [RecipeText.Setting]
  /// What tells its recipe from others but for names and seeds.
  let recipeKey: String
  /// `result.json`; nil until the stage has ended.
  let result: ResultRecord?
  /// `evaluation.json`; nil for generators.
  let evaluation: EvaluationRecord?
  /// `explored.json`; nil for stages that explore nothing.
  let exploration: ExplorationRecord?
  /// `samples.png`, what a generator makes; nil for others.
  let samples: [UInt8]?
  /// What of its files could not be used, in sentences.
  let damage: [String]

  /// The record of the stage whose files are in `home`; without a home there are no files.
  ///
  /// - Throws: `FormatError` if one of them is damaged.
  init(_ lines: MetricLines.Stage, _ recipe: RecipeText, home: String?) throws(FormatError) {
    (stage, learner) = (lines.name, lines.learner)
    name = learner.map { "\(lines.name)/\($0)" } ?? lines.name
    settings = recipe.settings(of: stage)
    recipeKey = recipe.key(of: stage)
    var damage: [String] = []
    // Values take many times the bytes of their text, so files have limits of their own.
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
    // A name that leads elsewhere is no student's.
    let isPlain = learner.map { !$0.contains("/") && ![".", "..", ""].contains($0) } ?? true
    let own = isPlain ? learner.map { "students/\($0)/" } ?? "" : "students//"
    result = try record("result.json", .result, limit: 1 << 20) {
      ResultRecord($0, learner: learner)
    }
    evaluation = try record(
      own + "evaluation.json", .evaluation, limit: 1 << 25, EvaluationRecord.init)
    exploration = try record(
      own + "explored.json", .explored, limit: 1 << 26, ExplorationRecord.init)
    let isGenerator = learner == nil || learner == ResultRecord.Player.generator.rawValue
    if isGenerator, let path = home.map({ $0 + "/samples.png" }), FileBytes.isReadable(path) {
      samples = try FileBytes.read(path, limit: 1 << 24)
    } else {
      samples = nil
    }
    self.damage = damage
    lastStep = max(lines.lastStep, result?.steps ?? 0)
    curves = Self.concluded(lines.curves, result)
  }

  /// `curves` with the accuracy after the last step, which the result has.
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

  /// The curve called `name`; an empty one where there is none.
  func curve(_ name: String) -> Curve {
    curves.first { $0.name == name }?.curve ?? Curve()
  }

  /// The variant, or the whole name where there are no variants.
  var variant: String { name.split(separator: "/").last.map(String.init) ?? name }

  /// Whose weights are trained; nil where neither result nor recipe tells.
  var player: ResultRecord.Player? {
    if let result { return result.player }
    let keys = settings.map(\.key)
    if let learner, !keys.contains(learner) { return .student }
    return [ResultRecord.Player.student, .generator, .discriminator, .teacher].first {
      keys.contains($0.rawValue) && (learner == nil || learner == $0.rawValue)
    }
  }

  /// The score of the trained model.
  var score: ResultRecord.Score? { result?.score }

  /// The score of the model that taught it.
  var teacher: ResultRecord.Score? { result?.teacher }
}
