import RetortCore
import RetortData
import RetortModels
import RetortTraining

/// The vector of a model for one text.
public struct Embedding: Equatable, Sendable {
  /// The path of the file with the text.
  public let path: String
  /// The index of the text in that file, from 0.
  public let index: Int
  /// The vector, `[width]`.
  public let values: [Float]
}

extension StoredModel {
  /// Whether the model gives vectors rather than classes.
  public var embeds: Bool { (try? spec.builder().role) == .embedder }

  /// The vectors of texts.
  ///
  /// - Parameters:
  ///   - files: The texts.
  ///   - backend: The device.
  ///   - report: Called with events about the weights' names.
  /// - Throws: `ModelError` for a model that reads no text, `WeightError` or the device's errors.
  public func embeddings(
    of files: [UnlabelledTexts], with backend: any Backend,
    report: (RunEvent) -> Void = { _ in }
  ) throws -> [Embedding] {
    let (tokenizer, length) = try reading()
    let texts = files.flatMap(\.texts)
    guard !texts.isEmpty else { return [] }
    // The loader requires labels, but vectors have none.
    let dataset = TextDataset(
      name: "text", texts: texts, labels: texts.map { _ in 0 }, classNames: ["text"],
      tokenizer: tokenizer, length: length
    ).shortened
    let session = Session(backend)
    let model = try frozen(
      .tokens(length: dataset.length, vocabulary: tokenizer.count), session, report)
    let values = try Inference(session, model.store, pipeline: PlainPipeline(dataset.fields))
      .outputs(dataset)[0]
    let width = values.count / texts.count
    return files.flatMap { file in file.texts.indices.map { (file.path, $0) } }.enumerated().map {
      Embedding(
        path: $1.0, index: $1.1, values: Array(values[$0 * width..<($0 + 1) * width]))
    }
  }
}
