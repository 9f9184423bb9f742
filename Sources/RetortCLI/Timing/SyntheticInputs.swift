import RetortCore
import RetortNN

/// Random inputs of a workload, equal for equal sizes.
struct SyntheticInputs {
  /// The fields of an example: images, or token ids without a mask.
  let fields: [Field]
  /// The examples, `[batch, …]`: samples in [0, 1), or ids.
  let examples: HostArray
  /// The labels, `[batch]`, cycling through the classes.
  let labels: [Int32]
  /// Logits in place of a teacher's, `[batch, classes]`, within ±4.
  let logits: [Float]
  /// The examples' indices in a dataset, `[batch]`.
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
