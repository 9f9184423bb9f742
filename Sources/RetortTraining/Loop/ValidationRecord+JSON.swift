import RetortFormats

extension ValidationRecord {
  /// The record as checkpoints hold it.
  var json: JSONValue {
    .record(
      ("best", best?.json ?? .null), ("last", last?.json ?? .null), ("stale", .integer(stale)))
  }

  /// The record read from a checkpoint; nil if it is not valid.
  init?(_ json: JSONValue) {
    guard let stale = json["stale"]?.int, stale >= 0, let best = json["best"],
      let last = json["last"]
    else { return nil }
    let (first, latest) = (Point(best), Point(last))
    guard (first == nil) == (best == .null), (latest == nil) == (last == .null) else { return nil }
    self.init(best: first, last: latest, stale: stale)
  }
}

extension ValidationRecord.Point {
  /// The evaluation as checkpoints and results hold it.
  package var json: JSONValue {
    .record(
      ("step", .integer(step)), ("accuracy", accuracy.map { .real($0) } ?? .null),
      ("loss", .real(loss)))
  }

  /// The evaluation read from a file; nil if it is not valid.
  package init?(_ json: JSONValue?) {
    guard let json, let step = json["step"]?.int, (0..<1 << 32).contains(step),
      let loss = json["loss"]?.double, loss.isFinite, let value = json["accuracy"]
    else { return nil }
    let accuracy = value.double
    guard value == .null || accuracy.map({ (0...1).contains($0) }) ?? false else { return nil }
    self.init(step: step, accuracy: accuracy, loss: loss)
  }
}
