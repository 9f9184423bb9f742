import RetortCore

/// A case's computation compiled for a device, with its feeds.
struct CaseProgram {
  private let executable: any Executable
  private let feeds: [(name: String, values: (Int) -> HostArray)]

  init(
    _ inputs: CaseInputs, outputs: [Tensor], effects: [Effect] = [], in session: Session
  ) throws {
    try inputs.numbers.refuseUnknown()
    executable = try session.compile(inputs.graph, outputs: outputs, effects: effects)
    feeds = inputs.feeds
  }

  /// Runs step `step`, counted from 0.
  func run(_ step: Int) throws {
    for (index, feed) in feeds.enumerated() {
      try executable.setInput(index, feed.values(step))
    }
    try executable.run()
  }

  /// The elements of output `index` of the last run.
  func output(_ index: Int) throws -> [Float] { try executable.floats(index) }
}
