import RetortCore
import RetortNN
import RetortTraining

extension Explorer {
  /// The examples at which a batch's chains stand, and the codes at which they go on.
  ///
  /// The examples are decoded once, and student and labeler asked once of them: to learn from them and to climb on. For
  /// that no gradient is stopped at them, though none flows to a weight.
  ///
  /// - Parameters:
  ///   - chains: What the student's store keeps.
  ///   - start: Where chains begin, `[count, …]`.
  ///   - size: The length of a step.
  ///   - inputs: The step.
  ///   - bounds: Keeps codes within their range.
  ///   - examples: The examples at codes.
  func visit(
    _ chains: LatentChains, from start: Tensor, _ size: Tensor, _ inputs: StepInputs,
    within bounds: (Tensor) -> Tensor, examples: (Tensor) -> Tensor
  ) -> Path {
    let ids = inputs.indices.rows(start.shape[0])
    let link = chains.link(start, ids, inputs.context(.evaluation))
    let found = examples(link.codes)
    let (own, other) = opinions(of: Example(found), in: inputs)
    let gradient = gradients(of: disagreement(own, other).sum() * scale, with: [link.codes])[0]
    var path = Path(examples: [found], codes: [link.codes])
    path.next = (link, bounds(moved(link.codes, along: gradient, size)))
    return path
  }
}
