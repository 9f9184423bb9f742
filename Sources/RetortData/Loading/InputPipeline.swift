import RetortCore
import RetortNN

/// The steps between a dataset's fields and the inputs of models: augmentation, normalisation.
///
/// The host copies and draws, the device computes. The draws for an example are a pure function of (seed,
/// step, slot in the batch).
public protocol InputPipeline: Sendable {
  /// The fields drawn on the host for each example of a training batch, besides the dataset's own.
  var drawn: [Field] { get }

  /// How many draws each example has, which its epochs take in turn; 0 for a new one each time.
  var draws: Int { get }

  /// Writes one of the `drawn` fields for one example.
  ///
  /// With `draws`, seed is 0, `step` the number of the draw and `slot` the example's index.
  ///
  /// - Parameters:
  ///   - field: A position in `drawn`.
  ///   - seed: The run's seed.
  ///   - step: The number of the batch, from 0.
  ///   - slot: The index in the batch, from 0.
  ///   - target: The memory to write to.
  func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer)

  /// The part of its picture that one example of a training batch shows; nil for the whole.
  ///
  /// - Parameters:
  ///   - seed: The run's seed.
  ///   - step: The number of the batch, from 0.
  ///   - slot: The index in the batch, from 0.
  func crop(seed: UInt64, step: Int, slot: Int) -> RandomCrop?

  /// Changes a field of one example of a training batch after the dataset has written it; by default nothing.
  ///
  /// - Parameters:
  ///   - field: An index into the dataset's fields.
  ///   - seed: The run's seed.
  ///   - step: The number of the batch, from 0.
  ///   - slot: The index in the batch, from 0.
  ///   - content: What was written.
  func retouch(
    _ field: Int, seed: UInt64, step: Int, slot: Int, _ content: UnsafeMutableRawBufferPointer)

  /// The examples as inputs of models.
  ///
  /// - Parameters:
  ///   - fields: The dataset's fields, `[batch, …]` each, in order.
  ///   - drawn: The drawn fields; empty outside training, where nothing is augmented.
  func example(_ fields: [Tensor], drawn: [Tensor]) -> Example
}

extension InputPipeline {
  /// New ones each time.
  public var draws: Int { 0 }

  /// The whole.
  public func crop(seed: UInt64, step: Int, slot: Int) -> RandomCrop? { nil }

  /// Nothing.
  public func retouch(
    _ field: Int, seed: UInt64, step: Int, slot: Int, _ content: UnsafeMutableRawBufferPointer
  ) {}
}

/// A pipeline that passes fields to models unchanged, under their names.
///
/// A dataset whose examples have several of what models read, such as pairs of texts, has fields of one axis
/// more; to models they are as many rows each, one after the other.
public struct PlainPipeline: InputPipeline {
  private let fields: [Field]

  /// A pipeline of the fields that models read.
  public init(_ fields: [Field]) { self.fields = fields }

  /// No fields.
  public var drawn: [Field] { [] }

  /// Does nothing, as there are no drawn fields.
  public func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer
  ) {}

  /// The same tensors, named.
  public func example(_ tensors: [Tensor], drawn: [Tensor]) -> Example {
    Example(
      zip(fields, tensors).map { ($0.name, $1.reshape([-1] + $0.shape.dimensions)) })
  }
}
