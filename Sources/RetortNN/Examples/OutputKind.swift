/// What a model gives for an example.
public enum OutputKind: String, Sendable {
  /// A number for each class.
  case logits
  /// A vector, near those of similar examples.
  case vectors
}
