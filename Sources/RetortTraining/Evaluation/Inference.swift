import RetortCore
import RetortData
import RetortNN

/// A model's outputs over a whole dataset, in evaluation mode.
///
/// Batches have `batch` rows, or for a smaller dataset the next power of two, so that few plans serve
/// datasets of all sizes; fewer where examples take more than 12,288 bytes, as many as 64×64 colour pictures
/// do, or more than 64 tokens, of which each becomes a vector. The last batch is filled up with zeros, whose
/// outputs are dropped.
public final class Inference {
  private let session: Session
  private let name: String
  private let pipeline: any InputPipeline
  private let batch: Int
  private let build: (Graph, Example) throws -> [Tensor]
  private var programs: [Int: any Executable] = [:]
  private var outputCount = 0

  /// An inference of the outputs that `build` makes of a batch of examples from `pipeline`.
  ///
  /// Each output's first axis is the batch.
  ///
  /// - Parameters:
  ///   - session: The session that holds the models' variables.
  ///   - name: The model's name in messages.
  ///   - pipeline: The pipeline from a dataset's fields to examples.
  ///   - batch: The largest number of examples per pass.
  ///   - build: Adds the outputs to a graph; called once per batch size.
  public init(
    _ session: Session, name: String, pipeline: any InputPipeline, batch: Int = 500,
    build: @escaping (Graph, Example) throws -> [Tensor]
  ) {
    (self.session, self.name, self.pipeline) = (session, name, pipeline)
    (self.batch, self.build) = (batch, build)
  }

  /// An inference of a classifier's logits.
  public convenience init(
    _ session: Session, _ store: ParameterStore, pipeline: any InputPipeline
  ) {
    self.init(session, name: store.name, pipeline: pipeline) { graph, example in
      [store.model(example, in: ForwardContext(graph, .evaluation))]
    }
  }

  /// All outputs over a dataset, without random augmentation.
  ///
  /// - Parameters:
  ///   - dataset: The examples, of fields that the pipeline takes.
  ///   - naming: The name of an example in messages; by default its index in the dataset.
  /// - Returns: One flat array per output, `[count, …]`.
  /// - Throws: `DataError.tooFewExamples` for an empty dataset, `NonFiniteOutput` for NaN or infinite
  ///   outputs, the dataset's errors, `GraphError` or the device's errors.
  public func outputs(
    _ dataset: any Dataset, naming: ((Int) -> String)? = nil
  ) throws -> [[Float]] {
    guard dataset.count > 0 else {
      throw DataError.tooFewExamples(wanted: 1, available: 0, className: nil)
    }
    let rows = rows(for: dataset)
    let program = try program(dataset.fields, rows)
    var results = [[Float]](repeating: [], count: outputCount)
    for first in stride(from: 0, to: dataset.count, by: rows) {
      let size = min(rows, dataset.count - first)
      for field in dataset.fields.indices {
        try write(dataset, field, first..<first + size, of: rows, to: program)
      }
      try program.run()
      for index in results.indices {
        let values = try program.floats(index)
        let perRow = values.count / rows
        let kept = values.prefix(size * perRow)
        if let bad = kept.firstIndex(where: { !$0.isFinite }) {
          let example = first + bad / max(1, perRow)
          throw NonFiniteOutput(
            model: name, example: naming?(example) ?? "example \(example) of \(dataset.name)")
        }
        results[index] += kept
      }
    }
    return results
  }

  private func rows(for dataset: any Dataset) -> Int {
    // A token and its mask are 8 bytes, and weigh as much as 192.
    let size = dataset.fields.reduce(0) { $0 + $1.byteCount * ($1.dtype == .int32 ? 24 : 1) }
    let most = max(1, min(batch, batch * 12_288 / max(1, size)))
    return min(most, 1 << (Int.bitWidth - (dataset.count - 1).leadingZeroBitCount))
  }

  /// Writes one field of the examples of `range` to `program`, filled up with zeros to `rows`.
  private func write(
    _ dataset: any Dataset, _ field: Int, _ range: Range<Int>, of rows: Int,
    to program: any Executable
  ) throws {
    let size = dataset.fields[field].byteCount
    var bytes = [UInt8](repeating: 0, count: rows * size)
    try bytes.withUnsafeMutableBytes { bytes in
      try dataset.write(range, field: field, into: bytes)
      try program.setInput(field, UnsafeRawBufferPointer(bytes))
    }
  }

  private func program(_ fields: [Field], _ rows: Int) throws -> any Executable {
    if let known = programs[rows] { return known }
    let graph = Graph()
    let inputs = fields.map { $0.input(in: graph, batch: rows) }
    let outputs = try build(graph, pipeline.example(inputs, drawn: []))
    let executable = try session.compile(graph, outputs: outputs)
    programs[rows] = executable
    outputCount = outputs.count
    return executable
  }
}
