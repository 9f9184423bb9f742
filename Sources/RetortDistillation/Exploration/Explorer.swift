import RetortCore
import RetortNN
import RetortTraining

/// Adds the search for new examples to a step's graph.
///
/// All networks are in evaluation mode and only the codes change: no parameter, running statistic or random
/// stream of the training pass is affected.
public struct Explorer {
  /// The kind of search and its constants.
  public private(set) var exploration: Exploration
  /// The labeler of examples, pictures `[batch, height, width, channels]`.
  public private(set) var labeler: any Labeler
  /// The model that is trained.
  public private(set) var student: Module
  /// The generator, which encodes examples too unless the kind is `samples`; nil if the kind needs none.
  public let generator: (any LatentDecoder)?
  /// The latent statistics as units of steps and noise; nil if the kind needs none.
  public let statistics: LatentStatistics?
  /// The number format of matrix products and convolutions.
  public let compute: ComputeType
  /// Where a search for new texts starts, which takes the place of that for pictures; nil for pictures.
  public var texts: TextSearch?

  /// An explorer with the given models.
  public init(
    _ exploration: Exploration, labeler: any Labeler, student: Module,
    generator: (any LatentDecoder)?, statistics: LatentStatistics?,
    compute: ComputeType = .float32
  ) {
    (self.exploration, self.labeler, self.student) = (exploration, labeler, student)
    (self.generator, self.statistics, self.compute) = (generator, statistics, compute)
  }

  /// The same search for another student.
  func following(_ student: Module) -> Explorer {
    var explorer = self
    explorer.student = student
    return explorer
  }

  /// The same search where it does not climb.
  func resting() -> Explorer {
    var explorer = self
    explorer.exploration = exploration.resting
    return explorer
  }

  /// The same search in a step, for which its labeler has drawn what it draws.
  func drawn(in inputs: StepInputs) -> Explorer {
    var explorer = self
    explorer.labeler = labeler.drawn(in: inputs)
    return explorer
  }

  /// What a model says of what was found; of pairs of which one text is new, it says of the other what it said
  /// of the batch.
  ///
  /// - Parameters:
  ///   - new: Of the new texts or pictures.
  ///   - known: Of the batch; nil where the model was not asked.
  func paired(_ new: Taps, with known: Taps?) -> Taps {
    guard let texts, let known else { return new }
    return new.replacing(output: texts.paired(new.output, with: known.output))
  }

  /// What the search learns and keeps with the student; nil if nothing.
  var memory: SearchMemory? { (student as? AdaptedModel)?.search }

  /// The path of a search.
  public struct Path {
    /// The examples at the start and after each step; the last ones are the result.
    public let examples: [Tensor]
    /// The latent codes or pixels that the search moves, as many as `examples`; empty for kinds that move none.
    public var codes: [Tensor] = []

    /// The training examples that what is new was made of, int32 `[count]`; nil where nobody asks.
    var parents: Tensor?
    /// What multiplies the losses' gradient at each new example, `[count]`; nil for 1.
    var weights: Tensor?

    /// What is learnt from again; nil without a pool.
    var replayed: Replayed?

    /// Where chains go on; nil without any.
    var next: (link: LatentChains.Link, codes: Tensor)?

    /// The new examples to train on, through which no gradient flows back.
    public var explored: Tensor { examples[examples.count - 1] }

    /// What the student says of `all`, with the gradient that the choice of starts is made up for by.
    func weighted(_ student: Taps) -> Taps {
      guard let weights else { return student }
      let output = student.output
      let others = output.shape[0] - weights.shape[0]
      let factors = Tensor.concatenate(
        [weights] + (others > 0 ? [output.graph.fill(1, [others])] : []), axis: 0)
      let constant = output.stopGradient()
      return student.replacing(
        output: constant + (output - constant) * factors.reshape([output.shape[0], 1]))
    }

    /// The new examples, and behind them those that are learnt from again.
    var all: Tensor {
      replayed.map { .concatenate([explored, $0.examples], axis: 0) } ?? explored
    }
  }

  /// The search from real examples.
  ///
  /// - Parameters:
  ///   - images: Real examples, `[batch, height, width, channels]` in [0, 1].
  ///   - codes: Their latent codes `[batch, …]`; nil to encode them with the generator.
  ///   - inputs: The step of which the search is a part.
  public func explore(_ images: Tensor, codes: Tensor?, in inputs: StepInputs) -> Path {
    let count = exploration.generatedCount(batch: images.shape[0])
    let parents = images.rows(count)
    switch exploration.kind {
    case .mixup: return Path(examples: [mixed(images, count, inputs)])
    case .pixelNoise:
      let noise = random(parents.shape, inputs) * exploration.noise
      return Path(examples: [(parents + noise).clamp(0, 1)])
    case .pixelGradient:
      let size = stepSize(norm: parents.square().sum(axes: [1, 2, 3]).sqrt())
      return ascend(from: parents, size, inputs, within: { $0.clamp(0, 1) }) { $0 }
    case .reconstruction, .zero, .first, .samples:
      var path = latentSearch(images, codes, count, inputs)
      path.replayed = memory?.pool.map { replayed($0, beside: path, in: inputs) }
      return path
    }
  }

  private func latentSearch(
    _ images: Tensor, _ codes: Tensor?, _ count: Int, _ inputs: StepInputs
  ) -> Path {
    guard let generator else {
      preconditionFailure("the kind \(exploration.kind) needs a generator")
    }
    let context = inputs.context(.evaluation)
    let shape = Shape([count] + generator.latentShape.dimensions)
    func decode(_ codes: Tensor) -> Tensor {
      generator.using(context) { generator.decode(codes) }
    }
    if exploration.kind == .samples {
      return Path(examples: [decode(random(shape, inputs)).stopGradient()])
    }
    let encoder = generator as? any Generator
    guard
      let encoded = codes
        ?? encoder.map({ encoder in
          encoder.using(context) { encoder.encode(images).mean }
        }), let statistics
    else {
      preconditionFailure("the kind \(exploration.kind) needs codes and their statistics")
    }
    let start = start(
      from: encoded.stopGradient(), count, generator.latentShape, statistics, inputs, decode)
    var path = path(from: start.codes, statistics, inputs, decode)
    (path.parents, path.weights) = (start.parents, start.weights)
    return path
  }

  /// The search from codes: none of theirs, or an ascent.
  private func path(
    from start: Tensor, _ statistics: LatentStatistics, _ inputs: StepInputs,
    _ decode: (Tensor) -> Tensor
  ) -> Path {
    guard exploration.kind == .first else {
      return Path(examples: [decode(start).stopGradient()], codes: [start])
    }
    let graph = inputs.graph
    let norm = exploration.whitened ? statistics.meanWhiteNorm : statistics.meanNorm
    let size = stepSize(norm: graph.fill(norm, [1]))
    if exploration.chains, let chains = memory?.chains {
      return visit(
        chains, from: start, size, inputs, within: { bounded($0, statistics) }, examples: decode)
    }
    return ascend(
      from: start, size, inputs, within: { bounded($0, statistics) }, examples: decode)
  }

  /// Where the search starts for each new example, from codes of the batch.
  private func start(
    from codes: Tensor, _ count: Int, _ latent: Shape, _ statistics: LatentStatistics,
    _ inputs: StepInputs, _ decode: (Tensor) -> Tensor
  ) -> Start {
    let graph = inputs.graph
    let candidates = exploration.proposals?.count ?? 1
    let shape = Shape([count * candidates] + latent.dimensions)
    // Each of several proposals for a place has another parent.
    func parents(from first: Int) -> Tensor {
      let parts = (first..<first + candidates).map { codes.rows(count, from: $0) }
      return Tensor.concatenate(parts, axis: 0).reshape(to: shape)
    }
    var start = parents(from: 0)
    if exploration.between {
      let share = graph.random(
        .uniform, Shape([shape[0]] + latent.dimensions.map { _ in 1 }),
        state: inputs.randomState, stream: inputs.streams.next())
      start = start + (parents(from: 1) - start) * share
    }
    if exploration.kind != .reconstruction {
      let deviation = graph.constant(statistics.deviation, latent)
      start = start + random(shape, inputs) * (deviation * exploration.noise)
    }
    var found = Start(codes: bounded(start, statistics))
    if memory?.visits != nil {
      let parts = (0..<candidates).map { inputs.indices.rows(count, from: $0) }
      found.parents = Tensor.concatenate(parts, axis: 0)
    }
    return exploration.proposals.map { chosen($0, of: found, in: inputs, decode) } ?? found
  }

  /// K ascent steps of the divergence between labeler and student at `examples(z)`, each kept within bounds.
  private func ascend(
    from start: Tensor, _ size: Tensor, _ inputs: StepInputs, within bounds: (Tensor) -> Tensor,
    examples: (Tensor) -> Tensor
  ) -> Path {
    var codes = [start]
    var path = [examples(start)]
    for _ in 0..<exploration.steps {
      let (own, other) = opinions(of: Example(path[path.count - 1]), in: inputs)
      let code = codes[codes.count - 1]
      let gradient = gradients(of: disagreement(own, other).sum() * scale, with: [code])[0]
      codes.append(bounds(moved(code, along: gradient, size)))
      path.append(examples(codes[codes.count - 1]))
    }
    return Path(examples: path.map { $0.stopGradient() }, codes: codes)
  }

  /// What student and labeler say of examples in evaluation mode, `[batch, classes]` each.
  func opinions(of examples: Example, in inputs: StepInputs) -> (student: Tensor, teacher: Tensor) {
    (
      student(examples, in: inputs.context(.evaluation)),
      labeler.logits(of: examples, indices: nil, in: inputs.graph)
    )
  }

  /// Codes after one step of the ascent along D's gradient, which is `gradient` over `scale`; no gradient.
  ///
  /// A whitened step is one of codes over their deviations, whose gradient is that of codes times these.
  func moved(_ codes: Tensor, along gradient: Tensor, _ size: Tensor) -> Tensor {
    let rule: LatentStepRule = if case .plain = exploration.step { .plain } else { .normalised }
    guard exploration.whitened, let statistics, let shape = generator?.latentShape else {
      return codes.latentStep(rule, gradient: gradient / scale, size: size).stopGradient()
    }
    let deviation = codes.graph.constant(
      statistics.deviation.map { max($0, Float(LatentStatistics.leastDeviation)) }, shape)
    let white = (codes / deviation).latentStep(
      rule, gradient: gradient * deviation / scale, size: size)
    return (white * deviation).stopGradient()
  }

  // The loss scale of the search's gradient in fp16, whose numbers end at 2¹⁶ and lose digits below 2⁻¹⁴.
  // It is fixed: derivatives of one example's divergence are at most about 1 at the logits, which leaves
  // 2⁸ for growth on the way back and all digits down to 2⁻²². The scale of training is not used, since it
  // grows until the mean gradient over a batch hardly fits, and the search takes no mean.
  var scale: Double { compute == .fp16 ? 256 : 1 }

  /// The size of each step, where displacements are shares of `norm`.
  func stepSize(norm: Tensor) -> Tensor {
    switch exploration.step {
    case .plain(let size), .normalised(let size): return norm.graph.fill(size, [1])
    case .displacement(let share): return norm * (share / Double(max(1, exploration.steps)))
    }
  }

  private func bounded(_ code: Tensor, _ statistics: LatentStatistics) -> Tensor {
    guard exploration.box, let shape = generator?.latentShape else { return code }
    return code.clamp(
      code.graph.constant(statistics.low, shape), code.graph.constant(statistics.high, shape))
  }

  /// `count` mixtures of a real example with the next of its batch.
  private func mixed(_ images: Tensor, _ count: Int, _ inputs: StepInputs) -> Tensor {
    let share = inputs.graph.random(
      .uniform, [count, 1, 1, 1], state: inputs.randomState, stream: inputs.streams.next())
    return images.rows(count) * share + images.rows(count, from: 1) * (1 - share)
  }

  private func random(_ shape: Shape, _ inputs: StepInputs) -> Tensor {
    inputs.graph.random(.normal, shape, state: inputs.randomState, stream: inputs.streams.next())
  }
}

extension Tensor {
  /// `count` rows from that numbered `first` on; behind the last the first follows again.
  package func rows(_ count: Int, from first: Int = 0) -> Tensor {
    let whole = Swift.max(1, shape[0])
    var (parts, next, left): ([Tensor], Int, Int) = ([], first % whole, count)
    while left > 0 {
      let taken = Swift.min(left, whole - next)
      parts.append(taken == whole ? self : slice(axis: 0, next..<next + taken))
      (next, left) = (0, left - taken)
    }
    return Tensor.concatenate(parts, axis: 0)
  }
}
