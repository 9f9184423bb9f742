import RetortCore

/// A model that turns texts into states, one for each token, and states into texts.
///
/// Texts are examples with `tokens` and `mask`, int32 `[batch, length]` each. A text begins with a token that stands
/// before every text and ends with one that stands behind every text, such as `[CLS]` and `[SEP]`.
public protocol TextGenerator: Module {
  /// The id that stands for a token which is not shown; no text has it.
  var maskToken: Int { get }

  /// States `[batch, length, width]` of texts, in which `maskToken` may stand.
  func encode(_ texts: Example) -> Tensor

  /// Logits `[batch, length - 1, vocabulary]` of each token behind the first, each from the tokens before it.
  ///
  /// - Parameters:
  ///   - tokens: The text's tokens, int32 `[batch, length]`.
  ///   - states: The states of what the text is made from, `[batch, sources, width]`.
  ///   - mask: int32 `[batch, sources]`: 1 for tokens, 0 for padding.
  func logits(of tokens: Tensor, from states: Tensor, mask: Tensor) -> Tensor

  /// Texts token by token, each chosen by those before it; no gradient.
  ///
  /// - Parameters:
  ///   - states: The states to decode, `[batch, length, width]`.
  ///   - texts: The texts they are of, which say where states are padding, and how texts begin and end. The new ones
  ///     are at most as long as `length`.
  ///   - choose: Ids, int32 `[batch]`, for logits `[batch, vocabulary]`.
  func decode(_ states: Tensor, of texts: Example, choosing choose: (Tensor) -> Tensor) -> Example
}
