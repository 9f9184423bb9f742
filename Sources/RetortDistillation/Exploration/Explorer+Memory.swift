import RetortCore
import RetortNN
import RetortTraining

/// Examples that are learnt from again, with the teacher's logits of them.
struct Replayed {
  /// The decoded examples, `[replayed, …]`, constants.
  let examples: Tensor
  /// What was drawn from the pool, and whether it means something: `[1]`, 0 in the first step.
  let draw: ReplayPool.Draw, isFilled: Tensor

  /// The teacher's logits of the new examples, `[new, classes]`, and behind them of these.
  func logits(behind new: Tensor) -> Tensor {
    let first = new.slice(axis: 0, 0..<examples.shape[0])
    return .concatenate([new, isFilled.select(draw.logits, first)], axis: 0)
  }
}

extension Explorer {
  /// Examples from the pool; in the first step, before which it is empty, the new ones once more.
  func replayed(_ pool: ReplayPool, beside path: Path, in inputs: StepInputs) -> Replayed {
    guard let generator, let new = path.codes.last else {
      preconditionFailure("what is replayed is decoded from codes")
    }
    let context = inputs.context(.evaluation)
    let draw = pool.draw(new: new.shape[0], in: inputs, context)
    let isFilled = inputs.step.toFloat().greater(inputs.graph.fill(0))
    let count = draw.ids.shape[0]
    let shape = Shape([count] + new.shape.dimensions.dropFirst())
    let codes = isFilled.select(
      draw.codes.reshape(to: shape), new.slice(axis: 0, 0..<count).stopGradient())
    let examples = generator.using(context) { generator.decode(codes) }
    return Replayed(examples: examples.stopGradient(), draw: draw, isFilled: isFilled)
  }

  /// Has the student's store remember what a step has found, and returns what the surrogate is to minimise.
  ///
  /// - Parameters:
  ///   - path: The search.
  ///   - student: The student's logits of `path.all`, `[new + replayed, classes]`.
  ///   - teacher: The teacher's logits of `path.explored`, `[new, classes]`.
  ///   - context: The student's forward pass.
  func learn(
    from path: Path, student: Tensor, teacher: Tensor, _ context: ForwardContext
  ) -> [LossTerm] {
    guard let memory, let codes = path.codes.last else { return [] }
    let logits = path.replayed?.logits(behind: teacher) ?? teacher
    let disagreement = disagreement(student, logits).stopGradient()
    if let pool = memory.pool, let replayed = path.replayed {
      pool.remember(codes, teacher, disagreement, replayed.draw, context)
    }
    if let chains = memory.chains, let next = path.next {
      chains.goOn(next.link, at: next.codes, most: exploration.steps, context)
    }
    let new = disagreement.slice(axis: 0, 0..<codes.shape[0])
    if let visits = memory.visits, let parents = path.parents {
      visits.note(new, of: parents, context)
    }
    guard let surrogate = memory.surrogate, let statistics else { return [] }
    return [LossTerm("surrogate", surrogate.error(at: codes, new, statistics, in: context))]
  }
}
