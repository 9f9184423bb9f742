/// The operators that ONNX models may use.
enum ONNXOperators {
  /// Every operator by its name in files.
  static let all: [String: ONNXOperator] = [
    elementwise, activations, attentions, shapes, indexing, contractions, convolutions, poolings,
    normalisations, reductions, rearrangements, resizings, quantisations, selections,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  /// The names, in order.
  static let names = all.keys.sorted()
}
