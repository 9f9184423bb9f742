import RetortCore

/// Made-up inputs of a workload, always the same for the same extents.
struct SyntheticInputs {
  /// The extents of one example.
  let exampleShape: Shape
  /// `[batch, …]`.
  let examples: HostArray
  /// Every class in turn, `[batch]`.
  let labels: [Int32]
  /// What a teacher might say, `[batch, classes]`, within ±4.
  let logits: [Float]
  /// The examples' places, `[batch]`.
  let indices: [Int32]

  init(_ workload: Workload, batch: Int) {
    func uniforms(_ count: Int, _ stream: UInt32) -> [Float] {
      Philox4x32(seed: 1, stream: stream).uniforms(count)
    }
    switch workload.examples {
    case .images:
      exampleShape = [28, 28, 1]
      examples = .float32(uniforms(batch * exampleShape.count, 0))
    case .tokens(let length, let vocabulary):
      exampleShape = [length]
      examples = .int32(
        uniforms(batch * length, 0).map {
          min(Int32($0 * Float(vocabulary)), Int32(vocabulary - 1))
        })
    }
    labels = (0..<batch).map { Int32($0 % workload.classes) }
    logits = uniforms(batch * workload.classes, 1).map { 8 * $0 - 4 }
    indices = (0..<batch).map { Int32($0) }
  }
}
