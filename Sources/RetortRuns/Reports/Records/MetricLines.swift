import RetortFormats

/// The lines of `metrics.jsonl`, sorted into the curves of each stage, or of each model that it trains.
struct MetricLines {
  /// What the lines of one stage tell, or those of one of several models that it trains.
  struct Stage {
    let name: String
    /// The model; nil where the stage trains one.
    let learner: String?
    /// The curves by name, in the order in which they appear.
    fileprivate(set) var curves: [(name: String, curve: Curve)] = []
    /// The last step of which a line tells.
    fileprivate(set) var lastStep = 0
    private var places: [String: Int] = [:]
    private var clock = Curve()

    fileprivate init(_ name: String, _ learner: String?) {
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
        // A training loss of one summand is that summand.
        if name == MetricLines.totalLoss, losses.count == 1 { continue }
        add(name, step, member.value.double)
      }
      for loss in losses where MetricLines.isNumber(loss.value) {
        add(loss.key, step, loss.value.double)
      }
    }

    /// The curves with the times at which they were recorded.
    fileprivate var timed: Stage {
      var timed = self
      timed.curves = curves.map { ($0.name, $0.curve.timed(by: clock)) }
      return timed
    }
  }

  /// The stages in the order in which they began.
  private(set) var stages: [Stage] = []
  /// How many lines are no metrics, as a crash may leave them.
  private(set) var damaged = 0

  /// Reads the file at `path`; one that is not there has no lines.
  ///
  /// A last line without an end does not count.
  ///
  /// - Throws: `FormatError` if it cannot be read.
  init(_ path: String) throws(FormatError) {
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

  /// What the curve of the sum of all losses is called.
  static let totalLoss = "total loss"

  private static func isValue(_ member: JSONValue.Member) -> Bool {
    isNumber(member.value) && !["step", "epoch", "seconds"].contains(member.key)
  }

  /// Whether a number was meant: what is not finite is written as null.
  private static func isNumber(_ value: JSONValue) -> Bool {
    switch value {
    case .number, .null: true
    default: false
    }
  }

  /// What the curve of a key is called: `learningRate` makes "learning rate", and `accuracy` of the
  /// split `test` "test accuracy".
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
