import RetortFormats

/// The lines of `metrics.jsonl`, as curves of each stage or of each of its models.
package struct MetricLines {
  /// The metrics of one stage, or of one of several models that it trains.
  struct Stage {
    let name: String
    /// The name of the model; nil if the stage trains only one.
    let learner: String?
    /// The curves by name, in the order in which they appear.
    fileprivate(set) var curves: [(name: String, curve: Curve)] = []
    /// The last step with a line.
    fileprivate(set) var lastStep = 0
    private var places: [String: Int] = [:]
    private var clock = Curve()

    /// A stage without a line.
    init(_ name: String, _ learner: String?) {
      (self.name, self.learner) = (name, learner)
    }

    fileprivate mutating func add(_ name: String, _ step: Int, _ value: Double?) {
      guard let place = places[name] else {
        places[name] = curves.count
        var curve = Curve()
        curve.add(step: step, value)
        return curves.append((name, curve))
      }
      curves[place].curve.add(step: step, value)
    }

    fileprivate mutating func add(_ line: JSONValue, step: Int) {
      lastStep = step
      if let seconds = line["seconds"]?.double { clock.add(step: step, seconds) }
      let losses = line["losses"]?.members ?? []
      for member in line.members ?? [] where MetricLines.isValue(member) {
        let name = MetricLines.name(member.key, of: line)
        // The total of a single term equals that term.
        if name == MetricLines.totalLoss, losses.count == 1 { continue }
        add(name, step, member.value.double)
      }
      for loss in losses where MetricLines.isNumber(loss.value) {
        add(loss.key, step, loss.value.double)
      }
    }

    /// The curves with the training time at each step.
    fileprivate var timed: Stage {
      var timed = self
      timed.curves = curves.map { ($0.name, $0.curve.timed(by: clock)) }
      return timed
    }
  }

  /// The stages in the order of their beginning.
  private(set) var stages: [Stage] = []
  /// The number of invalid lines, which a crash may leave.
  private(set) var damaged = 0

  /// Reads the file at `path`; a missing file has no lines.
  ///
  /// An unterminated last line is ignored.
  ///
  /// - Throws: `FormatError` if it cannot be read.
  package init(_ path: String) throws(FormatError) {
    guard FileBytes.isReadable(path) else { return }
    let bytes = try FileBytes.read(path, limit: 1 << 30)
    var places: [[String?]: Int] = [:]
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      defer { start = end + 1 }
      guard end - start < 1 << 20, let line = try? JSONValue.parse(bytes[start..<end], path: path),
        let name = line["stage"]?.string, let step = line["step"]?.int, step >= 0
      else {
        damaged += 1
        continue
      }
      try JSONShape.metrics.check(line, path: path)
      let learner = line["learner"]?.string
      let place = places[[name, learner]] ?? stages.count
      if place == stages.count {
        places[[name, learner]] = place
        stages.append(Stage(name, learner))
      }
      stages[place].add(line, step: step)
    }
    stages = stages.map(\.timed)
  }

  /// The name of the total loss's curve.
  static let totalLoss = "total loss"

  private static func isValue(_ member: JSONValue.Member) -> Bool {
    isNumber(member.value) && !["step", "epoch", "seconds"].contains(member.key)
  }

  /// Whether the value is a number or null, which stands for NaN and infinity.
  private static func isNumber(_ value: JSONValue) -> Bool {
    switch value {
    case .number, .null: true
    default: false
    }
  }

  /// The name of a key's curve: "learning rate" for `learningRate`, "test accuracy" for `accuracy` of the
  /// split `test`.
  private static func name(_ key: String, of line: JSONValue) -> String {
    var words = ""
    for character in key {
      if character.isUppercase { words += " " }
      words += character.lowercased()
    }
    guard let split = line["split"]?.string, split != "train" else {
      return key == "loss" ? totalLoss : words
    }
    return "\(split) \(words)"
  }
}
