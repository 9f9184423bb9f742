extension CheckpointSpec {
  init(_ reader: MapReader) {
    self.init()
    reader.exclude(["steps", "seconds"])
    if let steps = reader.int("steps", 1...1_000_000_000) { interval = .steps(steps) }
    if let seconds = reader.number("seconds", .positive()) { interval = .seconds(seconds) }
    kept = reader.int("keep", 1...1000) ?? kept
    reader.finish()
  }
}
