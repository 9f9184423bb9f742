import ArgumentParser
import RetortData
import RetortFormats
import RetortRuns

extension Predict {
  /// The vectors of texts, as CSV with a head or as JSON lines.
  func vectorLines(of stored: StoredModel) throws -> [String] {
    guard top == 1, score == .probability else {
      throw ValidationError(
        "'\(model)' gives vectors, which have no classes: drop --top and --score.")
    }
    let progress = ProgressLines(isSilent: true)
    let found = try stored.embeddings(of: texts(), with: device.backend()) { progress.show($0) }
    guard !format.json else { return found.map(json) }
    let width = found.first?.values.count ?? 0
    let head = ["file", "index"] + (0..<width).map { "value\($0)" }
    return [head.joined(separator: ",")] + found.map(row)
  }

  private func json(_ embedding: Embedding) -> String {
    JSONValue.record(
      ("file", .string(embedding.path)), ("index", .integer(embedding.index)),
      ("embedding", .array(embedding.values.map { .real(Double($0)) }))
    ).text
  }

  private func row(_ embedding: Embedding) -> String {
    ([quoted(embedding.path), "\(embedding.index)"] + embedding.values.map { "\($0)" })
      .joined(separator: ",")
  }
}
