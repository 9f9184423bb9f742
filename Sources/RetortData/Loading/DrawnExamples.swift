import RetortCore
import RetortNN

/// The examples of a loader as one of their repeated draws changes them, each field and what is drawn for it, for
/// passes over all of them.
public struct DrawnExamples: Dataset {
  private let loader: BatchLoader
  private let draw: Int

  /// The examples of `loader`, whose pipeline has more draws than `draw`.
  public init(_ loader: BatchLoader, draw: Int) {
    precondition((0..<loader.pipeline.draws).contains(draw), "the pipeline has no such draw")
    (self.loader, self.draw) = (loader, draw)
  }

  /// The dataset's.
  public var name: String { loader.dataset.name }
  /// The dataset's, then the pipeline's.
  public var fields: [Field] { loader.dataset.fields + loader.pipeline.drawn }
  /// The dataset's.
  public var labels: [Int32] { loader.dataset.labels }
  /// The dataset's.
  public var classNames: [String] { loader.dataset.classNames }
  /// The dataset's.
  public var isLabelled: Bool { loader.dataset.isLabelled }
  /// The dataset's.
  public var parts: Int { loader.dataset.parts }
  /// The dataset's.
  public var loadingThreads: Int { loader.dataset.loadingThreads }
  /// What makes inputs of these fields.
  public var pipeline: any InputPipeline { DrawnPipeline(loader) }

  /// Writes one field of the example at `index` as the draw has it.
  ///
  /// - Throws: `DataError` for an example that cannot be read.
  public func write(
    _ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    try loader.write(index, .repeated(draw, of: index), field: field, into: target)
  }

  /// The examples at `indices`, drawn for as those of their places.
  public func subset(_ indices: [Int], name: String?) -> DrawnExamples {
    DrawnExamples(
      BatchLoader(
        dataset: loader.dataset.subset(indices, name: name), pipeline: loader.pipeline,
        seed: loader.seed), draw: draw)
  }
}

/// A pipeline whose draws are fields of the examples.
private struct DrawnPipeline: InputPipeline {
  private let pipeline: any InputPipeline
  private let own: Int

  init(_ loader: BatchLoader) {
    (pipeline, own) = (loader.pipeline, loader.dataset.fields.count)
  }

  var drawn: [Field] { [] }

  func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer
  ) {}

  func example(_ fields: [Tensor], drawn: [Tensor]) -> Example {
    pipeline.example(Array(fields.prefix(own)), drawn: Array(fields.dropFirst(own)))
  }
}
