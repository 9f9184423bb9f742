import RetortCore
import RetortNN
import RetortTraining

/// The embeddings of all training examples in two networks, as they were when each was last met, and how an embedding
/// tells its own example among them from others: noise-contrastive estimation.
final class EmbeddingMemory: Module {
  /// The student's embeddings and the teacher's, `[examples, width]`.
  private let student: Parameter, teacher: Parameter
  /// Z of the student's embeddings among the teacher's, and of the teacher's among the student's; 0 before the first step.
  private let scales = Parameter([2], .zeros, role: .memory)
  /// The share of what was remembered in what is.
  private static let momentum = 0.5

  init(count: Int, width: Int) {
    func memory() -> Parameter {
      Parameter([count, width], .uniform(bound: (3 / Float(width)).squareRoot()), role: .memory)
    }
    (student, teacher) = (memory(), memory())
  }

  /// How badly examples are told from `negatives` others, both ways, mean over examples; both embeddings are remembered.
  ///
  /// - Parameters:
  ///   - own: The student's embeddings, `[batch, width]`, of length 1.
  ///   - other: The teacher's.
  ///   - negatives: How many examples are drawn, anew in each step, for all of the batch.
  ///   - temperature: What scalar products are divided by.
  ///   - inputs: The step, with the examples' indices.
  func distance(
    _ own: Tensor, _ other: Tensor, negatives: Int, temperature: Double, in inputs: StepInputs
  ) -> Tensor {
    let (graph, count) = (inputs.graph, student.shape[0])
    let drawn = graph.random(
      .uniform, [negatives], state: inputs.randomState, stream: inputs.streams.next())
    let ids = (drawn * Double(count)).minimum(graph.fill(Double(count - 1))).toInteger()
    let noise = Double(negatives) / Double(count)
    var (sum, known): (Tensor, [Tensor]) = (graph.fill(0), [])
    for (index, (anchors, memory)) in [(own, teacher), (other, student)].enumerated() {
      let table = memory.tensor
      let positives = (anchors * table.gather(inputs.indices)).sum(axes: [1], keepingAxes: true)
      let others = anchors.matmul(table.gather(ids), transposeB: true)
      // Z is of the same numbers, so that a factor of both changes nothing.
      let scores = (Tensor.concatenate([positives, others], axis: 1) - 1) / temperature
      let likelihoods = scores.exp().maximum(graph.fill(1e-30))
      let scale = scales.tensor.slice(axis: 0, index..<index + 1)
      let estimate = likelihoods.mean().reshape([1]).stopGradient() * Double(count)
      let fixed = scale.greater(graph.fill(0)).select(scale, estimate)
      let shares = likelihoods / fixed
      let total = shares + noise + 1e-7
      let found = (shares / total).slice(axis: 1, 0..<1).log().mean()
      let refused = (total.slice(axis: 1, 1..<negatives + 1) / noise).log().sum(axes: [1]).mean()
      sum = sum + refused - found
      known.append(fixed)
    }
    remember(own, in: student, at: inputs.indices)
    remember(other, in: teacher, at: inputs.indices)
    context.remember(Tensor.concatenate(known, axis: 0), in: scales)
    return sum
  }

  /// Moves the remembered embeddings of a batch towards those of this step; of an example that is met twice, by the mean.
  private func remember(_ embeddings: Tensor, in memory: Parameter, at indices: Tensor) {
    let before = memory.tensor.gather(indices)
    let moved = before * Self.momentum + embeddings.stopGradient() * (1 - Self.momentum)
    context.remember(memory.tensor.replacingRows(at: indices, by: moved.unit()), in: memory)
  }
}
