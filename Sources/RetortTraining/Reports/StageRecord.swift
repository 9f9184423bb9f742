import RetortFormats

/// What a run's folder says of one stage.
package struct StageRecord: Sendable {
  /// One line of `metrics.jsonl`: numbers at a step.
  package struct Point: Sendable {
    let stage: String
    let step: Int
    /// By name: `loss`, the loss terms, `learning rate`, `test accuracy`.
    let values: [(name: String, value: Double)]

    /// The point that a line describes, or nil.
    init?(_ json: JSONValue) {
      guard let stage = json["stage"]?.string, let step = json["step"]?.int else { return nil }
      (self.stage, self.step) = (stage, step)
      var values: [(name: String, value: Double)] = []
      for term in json["losses"]?.members ?? [] {
        if let value = term.value.double { values.append((term.key, value)) }
      }
      if let loss = json["loss"]?.double, values.count != 1 {
        values.insert(("total loss", loss), at: 0)
      }
      if let rate = json["learningRate"]?.double { values.append((StageRecord.learningRate, rate)) }
      if let share = json["accuracy"]?.double { values.append(("test accuracy", share)) }
      self.values = values
    }
  }

  /// What the curve of the learning rate is called.
  static let learningRate = "learning rate"

  /// Its name; arms are called `stage/arm`.
  let name: String
  let points: [Point]
  /// `result.json`; nil until the stage has ended.
  let result: JSONValue?
  /// `evaluation.json`; nil for generators.
  let evaluation: JSONValue?
  /// `explored.json`; nil for stages that explore nothing.
  let exploration: JSONValue?

  /// The record of the stage whose files are in `home`.
  ///
  /// - Throws: `FormatError` if one of them is damaged.
  init(_ name: String, points: [Point], home: String) throws(FormatError) {
    func json(_ file: String) throws(FormatError) -> JSONValue? {
      let path = home + "/" + file
      guard FileBytes.isReadable(path) else { return nil }
      return try JSONValue.parse(try FileBytes.read(path, limit: 1 << 28)[...], path: path)
    }
    (self.name, self.points) = (name, points)
    result = try json("result.json")
    evaluation = try json("evaluation.json")
    exploration = try json("explored.json")
  }

  /// The stage without its arm.
  var group: String { String(name.prefix { $0 != "/" }) }

  /// The arm, or the whole name where there are no arms.
  var arm: String { name.split(separator: "/").last.map(String.init) ?? name }

  /// Whose weights were trained.
  var player: String? {
    ["student", "generator"].first { result?[$0] != nil } ?? result.map { _ in "teacher" }
  }

  /// The score of the trained model.
  var score: JSONValue? { player.flatMap { result?[$0] } }

  /// The score of the model that taught it.
  var teacher: JSONValue? { player == "student" ? result?["teacher"] : nil }

  /// What is drawn over the steps of `stages`: accuracy, losses as they appear, learning rate.
  static func curveNames(_ stages: [StageRecord]) -> [String] {
    var names: [String] = []
    for value in stages.flatMap(\.points).flatMap(\.values) where !names.contains(value.name) {
      names.append(value.name)
    }
    let (first, last) = (["test accuracy", "total loss"], [learningRate])
    return first.filter(names.contains) + names.filter { !(first + last).contains($0) }
      + last.filter(names.contains)
  }

  /// One curve; where a run that went on repeated steps, the later ones.
  func curve(_ name: String) -> [(x: Double, y: Double)] {
    var curve: [(x: Double, y: Double)] = []
    for point in points {
      guard let value = point.values.first(where: { $0.name == name })?.value else { continue }
      while let last = curve.last, last.x >= Double(point.step) { curve.removeLast() }
      curve.append((Double(point.step), value))
    }
    return curve
  }
}
