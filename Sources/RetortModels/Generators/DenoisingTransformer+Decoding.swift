import RetortCore
import RetortNN

extension DenoisingTransformer {
  /// Texts token by token, with the keys and values of earlier positions kept.
  ///
  /// All positions are steps of one plan, of equal shapes, so that they share their kernels: keys and values lie in
  /// tables of the whole length, into which each position writes its row.
  public func decode(
    _ states: Tensor, of texts: Example, choosing choose: (Tensor) -> Tensor
  ) -> Example {
    guard let tokens = texts["tokens"], let mask = texts["mask"], states.shape.rank == 3 else {
      return Example(states.graph.fail(.notTexts(path: states.graph.scope)), name: "tokens")
    }
    let (graph, length) = (states.graph, tokens.shape[1])
    let batch = tokens.shape[0]
    let stateMask = BERTLayer.penalty(of: mask)
    let answers = decoder.layers.map { $0.answers(of: states) }
    let empty = graph.fill(0, [batch, length, states.shape[2]])
    var kept = decoder.layers.map { _ in (keys: empty, values: empty) }
    var ids = tokens.slice(axis: 1, 0..<1).reshape([batch])
    let end = Self.lastTokens(tokens, mask)
    // 1 until the end has been said.
    var isOpen = graph.fill(1, [batch])
    var said = [(token: ids, isShown: isOpen)]
    for position in 0..<length - 1 {
      let isPlace = graph.constant(
        (0..<length).map { $0 == position ? 1 : 0 } as [Float], [1, length, 1])
      let isLater = graph.constant(
        (0..<length).map { $0 > position ? -1e9 : 0 } as [Float], [1, 1, 1, length])
      var x = decoder.embedded(shared(ids.reshape([batch, 1])), from: position)
      for (index, layer) in decoder.layers.enumerated() {
        kept[index] = (
          isPlace.select(layer.attention.key(x), kept[index].keys),
          isPlace.select(layer.attention.value(x), kept[index].values)
        )
        x = layer(
          x, mask: isLater, own: kept[index], answers: answers[index], answerMask: stateMask)
      }
      let isLast = position == length - 2
      let chosen = isLast ? end : choose(logits(x).reshape([batch, vocabulary])).toFloat()
      let token = (chosen * isOpen).stopGradient()
      said.append((token.toInteger(), isOpen))
      isOpen = isOpen * (1 - chosen.equal(end))
      ids = said[said.count - 1].token
    }
    func joined(_ parts: [Tensor]) -> Tensor {
      .concatenate(parts.map { $0.toFloat().reshape([batch, 1]) }, axis: 1).toInteger()
    }
    return Example([("tokens", joined(said.map(\.token))), ("mask", joined(said.map(\.isShown)))])
  }

  /// The last token of each text as float32 `[batch]`, which no padding follows.
  private static func lastTokens(_ tokens: Tensor, _ mask: Tensor) -> Tensor {
    let (graph, length) = (tokens.graph, tokens.shape[1])
    let shown = mask.toFloat()
    let last = shown.sum(axes: [1], keepingAxes: true) - 1
    let places = graph.constant((0..<length).map(Float.init), [1, length])
    return (tokens.toFloat() * places.equal(last)).sum(axes: [1])
  }
}

extension GraphError {
  /// What has no tokens and mask was to be decoded.
  fileprivate static func notTexts(path: String) -> GraphError {
    .invalidArgument(
      operation: "decoding", reason: "needs texts of 'tokens' and 'mask', and their states",
      path: path)
  }
}
