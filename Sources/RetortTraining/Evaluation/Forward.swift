import RetortCore
import RetortData
import RetortNN

/// A model's outputs over a whole dataset, in evaluation mode.
///
/// Batches have one size; the short one at the end gets its own plan, so that every example
/// counts.
public final class Forward {
  private let session: Session
  private let name: String
  private let imageShape: Shape
  private let batch: Int
  private let build: (Graph, Tensor) throws -> [Tensor]
  private var programs: [Int: any Executable] = [:]

  /// Outputs that `build` makes of a batch of images `[n, height, width, channels]`.
  ///
  /// Each output's first axis is the batch.
  ///
  /// - Parameter name: What messages call the model.
  public init(
    _ session: Session, name: String, imageShape: Shape, batch: Int = 500,
    build: @escaping (Graph, Tensor) throws -> [Tensor]
  ) {
    (self.session, self.name, self.imageShape) = (session, name, imageShape)
    (self.batch, self.build) = (batch, build)
  }

  /// The outputs of a classifier: its logits.
  public convenience init(_ session: Session, _ store: ParameterStore, imageShape: Shape) {
    self.init(session, name: store.name, imageShape: imageShape) { graph, images in
      [store.model(images, in: ForwardContext(graph, .evaluation))]
    }
  }

  /// All outputs over a dataset, scaled to 0…1, without augmentation.
  ///
  /// - Parameter naming: What messages call an example; its number in the dataset if left out.
  /// - Returns: One flat array per output, `[count, …]`.
  /// - Throws: `DataError.tooFewExamples` for no example, `NonFiniteOutput` for outputs that are not finite,
  ///   `GraphError` or the device's errors.
  public func outputs(
    _ dataset: ImageDataset, naming: ((Int) -> String)? = nil
  ) throws -> [[Float]] {
    guard dataset.count > 0 else {
      throw DataError.tooFewExamples(wanted: 1, available: 0, className: nil)
    }
    var results: [[Float]] = []
    for first in stride(from: 0, to: dataset.count, by: batch) {
      let size = min(batch, dataset.count - first)
      let program = try program(size)
      try dataset.images.withUnsafeBytes { bytes in
        let span = first * dataset.imageSize..<(first + size) * dataset.imageSize
        try program.setInput(0, UnsafeRawBufferPointer(rebasing: bytes[span]))
      }
      try program.run()
      for index in 0..<outputCount {
        if results.count <= index { results.append([]) }
        let values = try program.floats(index)
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
          let example = first + bad / max(1, values.count / size)
          throw NonFiniteOutput(
            model: name, example: naming?(example) ?? "example \(example) of \(dataset.name)")
        }
        results[index] += values
      }
    }
    return results
  }

  private var outputCount = 0

  private func program(_ size: Int) throws -> any Executable {
    if let known = programs[size] { return known }
    let graph = Graph()
    let images = graph.input("images", Shape([size] + imageShape.dimensions), .uint8)
    let outputs = try build(graph, Normalization.unit(channels: imageShape[-1]).inputs(images))
    let executable = try session.compile(graph, outputs: outputs)
    programs[size] = executable
    outputCount = outputs.count
    return executable
  }
}
