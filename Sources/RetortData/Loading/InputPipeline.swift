import RetortCore
import RetortNN

/// What happens between a dataset's fields and what models read: augmentation, normalisation.
///
/// The host copies and draws, the device computes. What is drawn for an example is a pure function of
/// (seed, step, slot in the batch).
public protocol InputPipeline: Sendable {
  /// What is drawn on the host for each example of a training batch, besides the dataset's own fields.
  var drawn: [Field] { get }

  /// Writes one of the `drawn` fields for one example.
  ///
  /// - Parameters:
  ///   - field: A position in `drawn`.
  ///   - seed: The run's seed.
  ///   - step: The number of the batch, from 0.
  ///   - slot: The place in the batch, from 0.
  ///   - target: Room for the field.
  func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer)

  /// What models read.
  ///
  /// - Parameters:
  ///   - fields: The dataset's fields, `[batch, …]` each, in order.
  ///   - drawn: The drawn ones; empty outside training, where nothing is changed at random.
  func example(_ fields: [Tensor], drawn: [Tensor]) -> Example
}

/// Fields that go into models as they are, under their names.
public struct PlainPipeline: InputPipeline {
  private let fields: [Field]

  /// Examples of the given fields.
  public init(_ fields: [Field]) { self.fields = fields }

  /// Nothing is drawn.
  public var drawn: [Field] { [] }

  /// Nothing is drawn.
  public func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer
  ) {}

  /// The same tensors, named.
  public func example(_ tensors: [Tensor], drawn: [Tensor]) -> Example {
    Example(zip(fields, tensors).map { ($0.name, $1) })
  }
}
