import RetortCore
import RetortNN

/// Made-up inputs of a workload, always the same for the same extents.
struct SyntheticInputs {
  /// What one example is: pictures, or token ids without a mask.
  let fields: [Field]
  /// `[batch, …]`: samples in [0, 1), or ids.
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
    fields = Array(workload.examples.fields.prefix(1))
    switch workload.examples {
    case .image(let size): examples = .float32(uniforms(batch * size.count, 0))
    case .tokens(let length, let vocabulary):
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
