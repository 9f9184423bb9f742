import RetortCore

/// The statistics of one batch in one batch norm, to be folded into its running statistics.
struct BatchStatistics {
  /// The layer's running mean; its running variance directly follows it.
  let runningMean: Parameter
  /// The batch's moments.
  let moments: Moments
  /// The number of elements per mean.
  let count: Int
  /// The share of the batch's statistics in the update, in (0, 1].
  let momentum: Float
}

extension ParameterStore {
  /// What a training pass changes besides trainable parameters: running statistics and memories.
  public func bufferUpdates(from context: ForwardContext) -> [Effect] {
    let memories = context.memories.filter { $0.parameter.binding === binding }
    return [statisticsUpdate(from: context)].compactMap(\.self)
      + memories.compactMap { parameter, value in
        bufferVariable.map { .assign($0, offset: parameter.offset, value) }
      }
  }

  /// The update of every running mean and variance by a training pass, as one effect.
  ///
  /// `running + momentum·(batch·correction - running)` over the flat statistics; the correction makes
  /// variances unbiased, `N/(N-1)`. A layer that was called several times is updated once per call, in order.
  /// nil if no batch norm of this store ran in training mode.
  ///
  /// Source: Ioffe and Szegedy 2015, algorithm 2; momentum as PyTorch counts it.
  public func statisticsUpdate(from context: ForwardContext) -> Effect? {
    guard let variable = bufferVariable else { return nil }
    let own = context.statistics.filter { $0.runningMean.binding === binding }
    guard !own.isEmpty else { return nil }
    let graph = context.graph
    var running = graph.variable(variable, [statisticsCount])
    var waiting = own
    while !waiting.isEmpty {
      var round: [BatchStatistics] = []
      var later: [BatchStatistics] = []
      for item in waiting {
        if round.contains(where: { $0.runningMean === item.runningMean }) {
          later.append(item)
        } else {
          round.append(item)
        }
      }
      running = folded(round, into: running, graph)
      waiting = later
    }
    return .assign(variable, offset: 0, running)
  }

  private func folded(_ round: [BatchStatistics], into running: Tensor, _ graph: Graph) -> Tensor {
    let count = running.shape.count
    let batch = graph.pack(
      round.map { item in
        (item.moments.packed, item.runningMean.offset)
      }, count: count)
    var correction = Array(repeating: Float(1), count: count)
    var momentum = Array(repeating: Float(0), count: count)
    for item in round {
      let channels = item.runningMean.shape.count
      let mean = item.runningMean.offset
      for index in mean..<mean + 2 * channels { momentum[index] = item.momentum }
      for index in mean + channels..<mean + 2 * channels {
        correction[index] = Float(item.count) / Float(item.count - 1)
      }
    }
    let unbiased = batch * graph.constant(correction, running.shape)
    let first = round[0].momentum
    let all = buffers.count(where: \.role.isStatistic)
    if round.count * 2 == all, round.allSatisfy({ $0.momentum == first }) {
      return running + (unbiased - running) * Double(first)
    }
    return running + (unbiased - running) * graph.constant(momentum, running.shape)
  }
}
