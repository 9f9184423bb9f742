import RetortCore
import RetortNN

extension Tensor {
  /// The rows of the queries of pairs, `place` 0, or of their documents, 1: `[pairs, …]` of `[2 · pairs, …]`, in which
  /// a query's row stands before its document's.
  func halfOfPairs(_ place: Int) -> Tensor {
    let (pairs, rest) = (shape[0] / 2, Array(shape.dimensions.dropFirst()))
    return reshape([pairs, 2] + rest).slice(axis: 1, place..<place + 1).reshape([pairs] + rest)
  }

  /// Rows of pairs, `[2 · pairs, …]`, of those of queries and of documents.
  static func pairs(_ queries: Tensor, _ documents: Tensor) -> Tensor {
    let (pairs, rest) = (queries.shape[0], Array(queries.shape.dimensions.dropFirst()))
    return concatenate([queries, documents].map { $0.reshape([pairs, 1] + rest) }, axis: 1)
      .reshape([2 * pairs] + rest)
  }

  /// The cosine of each query with each document, `[pairs, pairs]`, of the vectors of pairs, `[2 · pairs, width]`.
  ///
  /// Gradients flow to both.
  func pairCosines() -> Tensor {
    let vectors = unitRows()
    return vectors.halfOfPairs(0).matmul(vectors.halfOfPairs(1), transposeB: true)
  }
}
