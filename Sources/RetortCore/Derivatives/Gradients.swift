/// The derivatives of scalar `loss` with respect to `targets`, in order, as more graph.
///
/// A target that does not influence the loss has a derivative of zeros. The derivatives are
/// ordinary values: they can be differentiated again wherever their operations can.
///
/// - Parameters:
///   - loss: A tensor of one element.
///   - targets: Parameters, inputs or any values computed on the way.
public func gradients(of loss: Tensor, with targets: [Tensor]) -> [Tensor] {
  guard loss.shape.count == 1 else {
    let fault = loss.graph.fail(
      .invalidArgument(
        operation: "gradients", reason: "the loss must be a scalar, not \(loss.shape)",
        path: loss.graph.scope))
    return targets.map { _ in fault }
  }
  return gradients(of: loss, seed: loss.graph.fill(1, loss.shape), with: targets)
}

/// The products of `seed` with the derivative of `output` by each of `targets`.
///
/// Targets are leaves: nothing flows through one target to another.
package func gradients(of output: Tensor, seed: Tensor, with targets: [Tensor]) -> [Tensor] {
  let graph = output.graph
  var sweep = ReverseSweep(graph: graph, output: output, targets: targets)
  sweep.accumulate(seed, at: output.id)
  let outer = graph.scope
  defer { graph.scope = outer }
  var id = output.id
  while id >= 0 {
    if let cotangent = sweep.cotangent(id), !sweep.isTarget(id) {
      // The derivative's nodes take the scope of the operation that they differentiate.
      graph.scope = graph.scopes[Int(graph.nodes[Int(id)].scope)]
      for (index, contribution) in graph.pullBack(id, cotangent, needs: sweep.needs) {
        sweep.accumulate(contribution, at: graph.operand(id, index))
      }
    }
    id -= 1
  }
  return targets.map { sweep.cotangent($0.id) ?? graph.fill(0, $0.shape) }
}

/// The state of one reverse sweep: which nodes depend on a target, and the cotangents summed so far.
private struct ReverseSweep {
  private var matters: [Bool]
  private var target: [Bool]
  private var reached: [Tensor?]

  init(graph: Graph, output: Tensor, targets: [Tensor]) {
    let count = Int(output.id) + 1
    matters = Array(repeating: false, count: count)
    target = matters
    reached = Array(repeating: nil, count: count)
    for tensor in targets where Int(tensor.id) < count {
      matters[Int(tensor.id)] = true
      target[Int(tensor.id)] = true
    }
    let first = targets.map { Int($0.id) }.min() ?? count
    for id in Swift.min(first, count)..<count where !matters[id] {
      let node = graph.nodes[id]
      if case .stopGradient = node.op { continue }
      for index in 0..<Int(node.inputCount)
      where matters[Int(graph.inputPool[Int(node.inputStart) + index])] {
        matters[id] = true
        break
      }
    }
  }

  func isTarget(_ id: Int32) -> Bool { target[Int(id)] }
  func needs(_ id: Int32) -> Bool { matters[Int(id)] }
  func cotangent(_ id: Int32) -> Tensor? {
    Int(id) < reached.count && matters[Int(id)] ? reached[Int(id)] : nil
  }

  mutating func accumulate(_ contribution: Tensor, at id: Int32) {
    guard matters[Int(id)] else { return }
    reached[Int(id)] = reached[Int(id)].map { $0 + contribution } ?? contribution
  }
}

extension Graph {
  /// The contribution of node `id`'s cotangent `g` to each operand that needs one, with the operand's index.
  fileprivate func pullBack(_ id: Int32, _ g: Tensor, needs: (Int32) -> Bool) -> [(Int, Tensor)] {
    let node = nodes[Int(id)]
    let operands = operands(id).map { Tensor(graph: self, id: $0) }
    let wanted = operands.map { needs($0.id) }
    guard wanted.contains(true) else { return [] }
    let pull = PullBack(output: Tensor(graph: self, id: id), x: operands, g: g)
    var parts: [(Int, Tensor)] = []
    for index in operands.indices where wanted[index] {
      if let part = pull.contribution(node.op, to: index) { parts.append((index, part)) }
    }
    return parts
  }
}

/// One application of the chain rule: a node's output, operands and cotangent.
struct PullBack {
  let output: Tensor
  let x: [Tensor]
  let g: Tensor

  /// The cotangent of operand `index`, or nil where none flows.
  ///
  /// One line per operation.
  func contribution(_ op: Op, to index: Int) -> Tensor? {
    switch op {
    case .input, .variable, .constant, .fill, .random, .poison, .stopGradient, .argmax:
      Optional<Tensor>.none
    case .unary(let op): unary(op)
    case .binary(let op): binary(op, index)
    case .select: index == 0 ? nil : x[0].select(index == 1 ? g : zero, index == 1 ? zero : g)
    case .reshape: g.reshape(to: x[0].shape)
    case .transpose(let axes): transpose(axes)
    case .slice(let starts): slice(starts)
    case .broadcast: broadcast()
    case .concatenate(let axis): concatenated(Int(axis), index)
    case .pad(let low):
      g.slice(starts: (0..<g.shape.rank).map { Int(low[$0]) }, sizes: x[0].shape.dimensions)
    case .pack, .latentStep, .augment: undefined(op)
    case .matmul(let a, let b): matmul(a, b, index)
    case .convolution(let geometry): convolution(geometry, index)
    case .convolutionInputGradient(let geometry): convolutionInputGradient(geometry, index)
    case .convolutionWeightGradient(let geometry): convolutionWeightGradient(geometry, index)
    case .reduce(let op, _): reduce(op)
    case .moments(let axis, _): moments(axis)
    case .normalize(let axis, let trains): normalize(axis, trains, index)
    case .maxPool(let pooling):
      x[0].apply(.maxPoolBackward(pooling), [g], x[0].shape)
    case .maxPoolBackward(let pooling):
      index == 0 ? nil : x[0].apply(.maxPoolSelect(pooling), [g], x[1].shape)
    case .maxPoolSelect(let pooling):
      index == 0 ? nil : x[0].apply(.maxPoolBackward(pooling), [g], x[0].shape)
    case .averagePool(let pooling): g.apply(.averagePoolBackward(pooling), x[0].shape)
    case .averagePoolBackward(let pooling): g.averagePool(pooling)
    case .gather: index == 0 ? g.scatterAdd(x[1], rows: x[0].shape[0]) : nil
    case .scatterAdd: index == 1 ? g.gather(x[0]) : nil
    case .softmax: output.apply(.softmaxBackward, [g], g.shape)
    case .logSoftmax: output.apply(.logSoftmaxBackward, [g], g.shape)
    case .softmaxBackward, .logSoftmaxBackward: throughComposite(op, index)
    case .crossEntropy(let smoothing):
      index == 0
        ? x[0].apply(.crossEntropyGradient(smoothing: smoothing), [x[1], g], x[0].shape)
        : Optional<Tensor>.none
    case .crossEntropyGradient(let smoothing): crossEntropyGradient(smoothing, index)
    case .divergence(let distance):
      x[0].apply(
        .divergenceGradient(distance, index == 0 ? .student : .teacher), [x[1], g], x[0].shape)
    case .divergenceGradient: throughComposite(op, index)
    }
  }

  private var zero: Tensor { g.graph.fill(0, g.shape) }

  private func undefined(_ op: Op) -> Tensor {
    g.graph.fail(.notDifferentiable(operation: "\(op)", path: g.graph.scope))
  }

  /// Differentiates a fused node through its definition in plain operations.
  ///
  /// All operands are leaves of the definition, though one may depend on another.
  private func throughComposite(_ op: Op, _ index: Int) -> Tensor? {
    guard let definition = op.composite(x) else { return undefined(op) }
    return gradients(of: definition, seed: g, with: x)[index]
  }
}
