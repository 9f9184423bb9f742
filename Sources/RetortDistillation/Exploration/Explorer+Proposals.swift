import Glibc
import RetortCore
import RetortNN
import RetortTraining

extension Explorer {
  /// Where a search starts.
  struct Start {
    /// The codes, `[count, …]`, constants.
    var codes: Tensor
    /// The training examples that they are made of, int32 `[count]`; nil where nobody asks.
    var parents: Tensor?
    /// What multiplies the losses' gradient at each, `[count]`, a constant; nil for 1.
    var weights: Tensor?
  }

  /// One of the proposals for each new example, drawn by what they are worth.
  ///
  /// - Parameters:
  ///   - proposals: How many there are of each, and what they are worth.
  ///   - start: The proposals, `[M · count, …]`: the first of each, then the second of each, and so on.
  ///   - decode: The examples at codes.
  func chosen(
    _ proposals: Proposals, of start: Start, in inputs: StepInputs, _ decode: (Tensor) -> Tensor
  ) -> Start {
    let uniform = inputs.graph.random(
      .uniform, [start.codes.shape[0]], state: inputs.randomState, stream: inputs.streams.next())
    let values = values(proposals, of: start, in: inputs, decode).stopGradient()
    let drawn = values.drawn(of: proposals.count, greed: proposals.greed, uniform)
    let weights =
      proposals.importance == 0
      ? nil
      : drawn.weights(
        of: values, candidates: proposals.count, greed: proposals.greed,
        exponent: proposals.importance
      ).stopGradient()
    return Start(
      codes: start.codes.gather(drawn).stopGradient(), parents: start.parents?.gather(drawn),
      weights: weights)
  }

  /// What proposals are worth, `[M · count]`, ≥ 0.
  private func values(
    _ proposals: Proposals, of start: Start, in inputs: StepInputs, _ decode: (Tensor) -> Tensor
  ) -> Tensor {
    let context = inputs.context(.evaluation)
    let codes = start.codes
    switch proposals.value {
    case .lastVisit:
      guard let visits = memory?.visits, let parents = start.parents else {
        preconditionFailure("the student of a search by last visits holds them")
      }
      return visits.disagreement(of: parents, context)
    case .surrogate:
      guard let surrogate = memory?.surrogate, let statistics else {
        preconditionFailure("the student of a search by a surrogate holds it")
      }
      return surrogate(codes, statistics, in: context).exp()
    case .disagreement:
      let (own, other) = opinions(of: Example(decode(codes)), in: inputs)
      return disagreement(own, other)
    case .entropy:
      let logits = student(decode(codes), in: context)
      return -(logits.softmax() * logits.logSoftmax()).sum(axes: [1])
    case .margin:
      let shares = student(decode(codes), in: context).softmax()
      let first = shares.maximum(axes: [1], keepingAxes: true)
      let others = shares.greaterOrEqual(first).select(shares.graph.fill(0), shares)
      return 1 - first.reshape([shares.shape[0]]) + others.maximum(axes: [1])
    }
  }

  /// D of two rows of logits each, `[batch]`.
  package func disagreement(_ student: Tensor, _ teacher: Tensor) -> Tensor {
    student.divergenceRows(
      exploration.divergence, teacher: teacher, temperature: exploration.temperature)
  }
}

extension Tensor {
  /// One of `candidates` for each place, in proportion to `value^greed`: int32 `[count]`, which counts all values.
  ///
  /// - Parameters:
  ///   - candidates: How many there are for each place: this tensor, `[candidates · count]`, has the values, ≥ 0, of
  ///     the first for each, then of the second for each, and so on.
  ///   - greed: ≥ 0.
  ///   - uniform: Numbers in [0, 1), as many as values.
  func drawn(of candidates: Int, greed: Double, _ uniform: Tensor) -> Tensor {
    let count = shape[0] / candidates
    let keys = exponents(greed) + uniform.gumbel()
    let number = keys.reshape([candidates, count]).transpose([1, 0]).argmax()
    let place = graph.constant((0..<count).map(Float.init), [count])
    return (number.toFloat() * Double(count) + place).toInteger()
  }

  /// The logarithms of values to the power `greed`.
  private func exponents(_ greed: Double) -> Tensor {
    maximum(graph.fill(1e-30)).log() * greed
  }

  /// `(1 / (M · q))^exponent` of each choice, `[count]`, where these are the numbers of what was drawn among M
  /// candidates in proportion to `value^greed`, and q is its probability.
  func weights(
    of values: Tensor, candidates: Int, greed: Double, exponent: Double
  ) -> Tensor {
    let count = shape[0]
    let exponents = values.exponents(greed)
    let all = exponents.reshape([candidates, count]).transpose([1, 0])
    let chances = all.logSoftmax().transpose([1, 0]).reshape([candidates * count])
    return ((chances.gather(self) + Glibc.log(Double(candidates))) * -exponent).exp()
  }
}
