import RetortCore
import RetortData
import RetortNN

/// A model's outputs over a whole dataset, in evaluation mode.
///
/// Batches have one size; the short one at the end gets its own plan, so that every example
/// counts.
public final class Forward {
  private let session: Session
  private let imageShape: Shape
  private let batch: Int
  private let build: (Graph, Tensor) throws -> [Tensor]
  private var programs: [Int: any Executable] = [:]

  /// Outputs that `build` makes of a batch of images `[n, height, width, channels]`.
  ///
  /// Each output's first axis is the batch.
  public init(
    _ session: Session, imageShape: Shape, batch: Int = 500,
    build: @escaping (Graph, Tensor) throws -> [Tensor]
  ) {
    (self.session, self.imageShape) = (session, imageShape)
    (self.batch, self.build) = (batch, build)
  }

  /// The outputs of a classifier: its logits.
  public convenience init(_ session: Session, _ store: ParameterStore, imageShape: Shape) {
    self.init(session, imageShape: imageShape) { graph, images in
      [store.model(images, in: ForwardContext(graph, .evaluation))]
    }
  }

  /// All outputs over a dataset, normalised as a loader does, without augmentation.
  ///
  /// - Returns: One flat array per output, `[count, …]`.
  public func outputs(_ dataset: ImageDataset, _ normalization: Normalization? = nil) throws
    -> [[Float]]
  {
    let loader = BatchLoader(dataset: dataset, normalization: normalization)
    var order = try BatchOrder(
      count: dataset.count, batchSize: batch, seed: 0, sampling: .inOrder(.short))
    var labels = Array(repeating: Int32(0), count: batch)
    var results: [[Float]] = []
    while order.position.epoch == 0 {
      let planned = order.next()
      let size = planned.indices.count
      let program = try program(size)
      var images = Array(repeating: Float(0), count: size * imageShape.count)
      images.withUnsafeMutableBufferPointer { images in
        labels.withUnsafeMutableBufferPointer { loader.load(planned, images: images, labels: $0) }
      }
      try program.setInput(0, images)
      try program.run()
      for index in 0..<outputCount {
        if results.count <= index { results.append([]) }
        results[index] += try program.floats(index)
      }
    }
    return results
  }

  private var outputCount = 0

  private func program(_ size: Int) throws -> any Executable {
    if let known = programs[size] { return known }
    let graph = Graph()
    let images = graph.input("images", Shape([size] + imageShape.dimensions))
    let outputs = try build(graph, images)
    let executable = try session.compile(graph, outputs: outputs)
    programs[size] = executable
    outputCount = outputs.count
    return executable
  }
}
