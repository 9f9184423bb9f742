import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortTraining

extension StoredModel {
  /// The predictions for texts.
  ///
  /// - Parameters:
  ///   - files: The texts.
  ///   - top: The number of classes per text, ≥ 1.
  ///   - backend: The device.
  ///   - report: Called with events about the weights' names.
  /// - Throws: `ModelError` for a model that reads no text, `WeightError` or the device's errors.
  public func predict(
    _ files: [UnlabelledTexts], top: Int, with backend: any Backend,
    report: (RunEvent) -> Void = { _ in }
  ) throws -> [Prediction] {
    let (tokenizer, length) = try reading()
    let texts = files.flatMap(\.texts)
    // The loader requires labels, but prediction ignores them.
    let dataset = shortened(
      TextDataset(
        name: "text", texts: texts, labels: texts.map { _ in 0 }, classNames: classNames,
        tokenizer: tokenizer, length: length))
    return try predictions(
      for: [(dataset, files.map { ($0.path, $0.texts.count) })],
      .tokens(length: dataset.length, vocabulary: tokenizer.count), called: "text",
      top: top, with: backend, report: report)
  }

  /// The metrics of the model on a file of texts, tabs and labels, which are names of its classes; of a model of
  /// vectors, on a file of pairs of texts.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - backend: The device.
  ///   - report: Called with events about the weights' names.
  /// - Throws: `DataError` for a file that cannot be read or a label that is not a class, with its line;
  ///   `ModelError` for a model that reads no text, `WeightError` or the device's errors.
  public func evaluate(
    onTexts path: String, with backend: any Backend, report: (RunEvent) -> Void = { _ in }
  ) throws -> Evaluation {
    let (tokenizer, length) = try reading()
    func evaluate(_ dataset: any Dataset, _ length: Int) throws -> Evaluation {
      try self.evaluate(
        dataset, .tokens(length: length, vocabulary: tokenizer.count), of: path,
        with: backend, report: report)
    }
    guard embeds else {
      let texts = shortened(
        try TextDataset(
          name: path, path: path, classNames: classNames, tokenizer: tokenizer, length: length))
      return try evaluate(texts, texts.length)
    }
    let pairs = try TextPairs(path: path, tokenizer: tokenizer, length: length).shortened
    return try evaluate(pairs, pairs.length)
  }

  /// Whether every text has as many token ids as `examples` says, and not only up to as many.
  var fixesLength: Bool { spec.file?.tokenCount != nil }

  /// The texts without padding that all of them have, where the model takes them so.
  private func shortened(_ texts: TextDataset) -> TextDataset {
    fixesLength ? texts : texts.shortened
  }

  /// The tokenizer of the model and the length of its sequences.
  func reading() throws(ModelError) -> (Tokenizer, length: Int) {
    guard let tokenizer, case .tokens(let length, _) = examples else {
      throw .unfit(
        model: spec.model,
        reason: "it reads \(examples?.description ?? "pictures"), not text; give it such files")
    }
    return (tokenizer, length)
  }
}
