extension Plan: CustomStringConvertible {
  /// The steps, one a line: kind, sizes, inputs → outputs, and the module's path.
  public var description: String {
    var lines = ["arena \(arenaByteCount) bytes, persistent \(persistentByteCount) bytes"]
    lines += setup.map { "setup \(line($0))" }
    lines += steps.map { line($0) }
    return lines.joined(separator: "\n")
  }

  private func line(_ step: Step) -> String {
    let operands = step.inputs.map { "\($0)" }.joined(separator: " ")
    let results = step.outputs.map { "\($0)" }.joined(separator: " ")
    return "\(step.kind.summary)  [\(operands)] → [\(results)]  \(step.label)"
  }
}

extension StepKind {
  /// The kind and its sizes in a few words, for profiles and messages.
  package var summary: String {
    switch self {
    case .pointwise(let program): "pointwise \(program.shape) ×\(program.instructions.count)"
    case .reduce(let r): "reduce [\(r.outer), \(r.reduced), \(r.inner)] ×\(r.operations.count)"
    case .moments(let axis, let rows, let columns, _): "moments \(axis) [\(rows), \(columns)]"
    case .matmul(let m):
      "matmul \(m.batch)×\(m.m)×\(m.k)×\(m.n)\(m.transposeA ? " T" : " N")\(m.transposeB ? "T" : "N")"
        + (m.epilogue.instructions.count > 1 ? " +\(m.epilogue.instructions.count)" : "")
    case .convolution(let c):
      "convolution \(c.direction) \(c.input) \(c.weight) /\(c.geometry.strideY)"
        + (c.epilogue.instructions.count > 1 ? " +\(c.epilogue.instructions.count)" : "")
    case .pooling(let p): "pooling \(p.kind) \(p.input)"
    case .gather(let rows, let columns, let count): "gather \(count) of [\(rows), \(columns)]"
    case .scatterAdd(let rows, let columns, let count):
      "scatterAdd \(count) into [\(rows), \(columns)]"
    case .argmax(let rows, let columns): "argmax [\(rows), \(columns)]"
    case .softmax(let kind, let rows, let columns): "\(kind) [\(rows), \(columns)]"
    case .crossEntropy(_, let rows, let columns, _, _): "crossEntropy [\(rows), \(columns)]"
    case .divergence(let d): "\(d.distance.title) [\(d.rows), \(d.columns)]"
    case .random(let distribution, _, let count): "random \(distribution) \(count)"
    case .latentStep(_, let rows, let columns, _): "latentStep [\(rows), \(columns)]"
    case .augment(let augment): "augment \(augment.images)"
    case .optimizer(_, let count): "optimizer \(count)"
    }
  }
}

extension RowDistance {
  fileprivate var title: String {
    switch self {
    case .logits: "divergence"
    case .direction: "distance of directions"
    case .cosine: "cosine"
    }
  }
}
