import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Multi-head graph distillation: how attention relates a batch's examples from layer to layer.
public struct GraphAttentionLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "mhgd", "how attention relates examples from layer to layer",
    """
    An example's map is a vector, the first right singular one, as for svd; of the student's first four that which is \
    most like the teacher's. Taps are layers in order, two or more. Heads of attention, linear layers with batch norms, \
    give a graph of the examples of a batch for each layer but the first. The heads learn beside the student, of the \
    teacher's vectors alone: an estimator must tell a layer's vectors from those before, through the graph, of which \
    about half the heads are left out at random. Its loss stands in logs with '-estimator' behind the name; the \
    authors' code trains heads alone for 40 epochs before. Graphs that are compared are of running statistics, and \
    their gradient does not reach the heads. Where channels differ the student's map first passes a 1×1 convolution \
    that learns with it. The authors sum the divergence over heads and examples. A batch of one teaches nothing.
    """,
    equation: [
      "L = mean over layers, heads and examples of KL( softmax(tanh G_student) ‖ softmax(tanh G_teacher) ) + E",
      "G = θ(v)·φ(v')ᵀ in each head,  v of a layer and v' of the layer before, a row for each example",
      "E = mean over layers and examples of 1 − ⟨v̂, v⟩,  v̂ = W·( softmax(G)·ReLU(ψ(v')) of all heads ) / ‖·‖",
    ], source: "Lee and Song 2019, arXiv 1907.02226")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The layers between which there are graphs, in order, at least two pairs.
  public var taps: [TapPair] = []
  /// The heads of attention, ≥ 1.
  public var heads = 8

  /// The keys in recipes.
  public static let keys: [Key<GraphAttentionLoss>] = [
    .weight, .list("taps", \.taps, "the layers whose maps are related, in order").required(),
    .int("heads", \.heads, 1...64, "the heads of attention"),
  ]
  /// True: the teacher's graphs are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1 and eight heads.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], heads: Int = 8) {
    (self.weight, self.taps, self.heads) = (weight, taps, heads)
  }

  /// A graph is between two layers.
  public var faults: [KeyFault] {
    taps.count == 1
      ? [KeyFault("taps", "a graph is between two layers; name two or more under 'taps'")] : []
  }

  /// One per pair: what brings channels together, and heads for all pairs but the first.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    var before: Int?
    return try Adapter.each(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireMaps(student, teacher)
      defer { before = teacher[-1] }
      return GraphLayer(
        try Adapter.matching(student, teacher),
        before.map { GraphHeads(from: $0, to: teacher[-1], count: heads) })
    }
  }

  /// The graphs' divergence, and the estimator's own loss, if there is a teacher.
  ///
  /// - Throws: `TapError` for a path that no module has, `AdapterError` for maps of other channels.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    var (divergences, errors): ([Tensor], [Tensor]) = ([], [])
    var before: (student: Tensor, teacher: Tensor)?
    for pair in try x.pairs(taps) {
      let vectors = try AlignedVectors(pair, count: 1, spare: 3)
      let (own, other) = (vectors.student.flatten(), vectors.teacher.flatten())
      defer { before = (own, other) }
      guard let before, let heads = (pair.adapter as? GraphLayer)?.heads else { continue }
      guard own.shape[0] > 1 else { return [] }
      let noise = x.inputs.graph.random(
        .normal, [self.heads, own.shape[0], 1], state: x.inputs.randomState,
        stream: x.inputs.streams.next())
      x.adapting {
        let graphs = heads.fixedGraphs(own, before.student).tanh()
        let targets = heads.fixedGraphs(other, before.teacher).tanh()
        divergences.append(graphs.divergenceRows(.reverseKL, teacher: targets).mean())
        let estimate = heads.estimate(of: other, from: before.teacher, noise: noise)
        errors.append(1 - (estimate * other).sum(axes: [1]).mean())
      }
    }
    return [
      LossTerm(name, weight: weight, meanOf: divergences),
      LossTerm("\(name)-estimator", weight: weight, meanOf: errors),
    ].compactMap(\.self)
  }
}

/// What a loss of graphs has for a layer.
final class GraphLayer: Module {
  /// From the student's channels to the teacher's.
  private let connector: Module
  /// What relates the layer's vectors to those of the layer before; nil for the first.
  let heads: GraphHeads?

  init(_ connector: Module, _ heads: GraphHeads?) {
    (self.connector, self.heads) = (connector, heads)
  }

  /// The student's map, of the teacher's channels.
  override func forward(_ x: Tensor) -> Tensor { connector(x) }
}

/// Heads of attention between the vectors of two layers, and their estimator.
final class GraphHeads: Module {
  private let sender: Linear, senderNorm: BatchNorm
  private let receiver: Linear, receiverNorm: BatchNorm
  private let hidden: Linear, hiddenNorm: BatchNorm
  private let output: Linear
  private let count: Int

  /// - Parameters:
  ///   - before: The channels of the layer before.
  ///   - width: Those of the layer.
  ///   - count: The number of heads.
  init(from before: Int, to width: Int, count: Int) {
    let size = max(1, (before + width) / 2)
    func projection(_ inputs: Int, _ outputs: Int) -> (Linear, BatchNorm) {
      (Linear(inputs, outputs, bias: false), BatchNorm(outputs))
    }
    (sender, senderNorm) = projection(width, size * count)
    (receiver, receiverNorm) = projection(before, size * count)
    (hidden, hiddenNorm) = projection(before, size)
    output = Linear(size * count, width)
    self.count = count
  }

  /// Graphs `[heads, batch, batch]` of vectors `[batch, width]` and those before, by running statistics; no gradient
  /// reaches the heads.
  func fixedGraphs(_ vectors: Tensor, _ before: Tensor) -> Tensor {
    func projected(_ x: Tensor, _ layer: Linear, _ norm: BatchNorm) -> Tensor {
      x.matmul(layer.weight.tensor.stopGradient(), transposeB: true)
        .batchNorm(
          gamma: norm.weight.tensor.stopGradient(), beta: norm.bias.tensor.stopGradient(),
          mean: norm.runningMean.tensor, variance: norm.runningVar.tensor, epsilon: norm.epsilon)
    }
    return products(
      projected(vectors, sender, senderNorm), projected(before, receiver, receiverNorm))
  }

  /// The estimate of vectors `[batch, width]`, of length 1, through graphs in which each example has lost the heads whose
  /// noise, `[heads, batch, 1]`, is no more than their mean.
  func estimate(of vectors: Tensor, from before: Tensor, noise: Tensor) -> Tensor {
    let batch = vectors.shape[0]
    let graphs = products(senderNorm(sender(vectors)), receiverNorm(receiver(before)))
    let kept = noise.greater(noise.mean(axes: [0], keepingAxes: true))
    let shares = (graphs.softmax() * kept).reshape([count * batch, batch])
    let values = hiddenNorm(hidden(before)).relu()
    let gathered = shares.matmul(values).reshape([count, batch, values.shape[1]])
    return output(gathered.transpose([1, 0, 2]).flatten()).unit()
  }

  private func products(_ senders: Tensor, _ receivers: Tensor) -> Tensor {
    func split(_ x: Tensor) -> Tensor {
      x.reshape([x.shape[0], count, x.shape[1] / count]).transpose([1, 0, 2])
    }
    return split(senders).matmul(split(receivers), transposeB: true)
  }
}
