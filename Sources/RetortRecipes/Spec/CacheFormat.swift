/// How the outputs of frozen models are kept on the disk.
///
/// Training reads the outputs that it has kept in the same form when they are computed, so that a run that writes them
/// equals one that reads them.
public enum CacheFormat: String, CaseIterable, Sendable {
  /// As they are, bit for bit.
  case float32
  /// Rounded to half precision, in half the room.
  case float16
  /// The logits of the likeliest classes; the others share what is left of the probability evenly.
  ///
  /// Source: Shen and Xing 2021, arXiv 2112.01528, marginal smoothing of the k likeliest classes.
  case topClasses = "top-k"
}
