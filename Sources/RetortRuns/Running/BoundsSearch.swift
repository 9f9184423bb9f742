import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining

/// The graph that a `BoundsReport` is made of: examples, their reconstructions, what a search finds, and what models
/// say of them.
struct BoundsSearch {
  /// The search.
  let explorer: Explorer
  /// Whose features examples are compared by, side by side.
  let teachers: [ParameterStore]
  /// The length of a small step of codes, in standard deviations of each coordinate.
  let step: Double

  private static let parts = ["features", "logits", "mismatch"]

  /// The teachers' features, the labeler's logits and the mismatch of examples, a row each.
  func opinions(of examples: Tensor, in context: ForwardContext) -> [Tensor] {
    let example = Example(examples)
    let features = teachers.map {
      $0.logits(of: example, indices: nil, in: context.graph).penultimate
    }
    let logits = explorer.labeler.logits(of: example, indices: nil, in: context.graph)
    let mismatch = explorer.disagreement(explorer.student(examples, in: context), logits)
    return [Tensor.concatenate(features, axis: 1), logits, mismatch]
  }

  /// What is computed of a batch of at least two training examples, by name.
  func outputs(in inputs: StepInputs) -> [(name: String, value: Tensor)] {
    let (examples, context) = (inputs.example.x, inputs.context(.evaluation))
    let path = explorer.explore(examples, codes: nil, in: inputs)
    let found = path.explored
    var outputs: [(name: String, value: Tensor)] = [("pixels", examples)]
    func add(_ name: String, _ opinions: [Tensor]) {
      outputs += zip(Self.parts, opinions).map { ("\(name) \($0)", $1) }
    }
    add("original", opinions(of: examples, in: context))
    add("explored", opinions(of: found, in: context))
    outputs.append(("moves", (found - examples).lengths))
    guard let generator = explorer.generator as? any Generator else { return outputs }
    let codes = generator.using(context) { generator.encode(examples).mean }
    let made = generator.using(context) { generator.decode(codes) }
    let said = opinions(of: made, in: context)
    add("reconstruction", said)
    outputs += [("codes", codes), ("errors", (made - examples).lengths)]
    if let last = path.codes.last {
      outputs.append(("code moves", (last - codes.reshape(to: last.shape)).lengths))
    }
    let noise = inputs.graph.random(
      .normal, codes.shape, state: inputs.randomState, stream: inputs.streams.next())
    let deviation = explorer.statistics.map {
      inputs.graph.constant($0.deviation, generator.latentShape)
    }
    let small = noise * (deviation.map { $0 * step } ?? inputs.graph.fill(step))
    let near = generator.using(context) { generator.decode(codes + small) }
    let nearMismatch = opinions(of: near, in: context)[2]
    // Examples are in random order, so that the next is any other.
    return outputs + [
      ("near codes", small.lengths), ("near pixels", (near - made).lengths),
      ("near mismatch", (nearMismatch - said[2]).abs()),
      ("far codes", (codes - codes.turned).lengths), ("far pixels", (made - made.turned).lengths),
      ("far mismatch", (said[2] - said[2].turned).abs()),
    ]
  }

  /// What came of `count` training examples, by name, and the opinions of as many test examples.
  func measurement(
    _ found: [String: [Float]], heldOut: [[Float]], count: Int, seed: UInt64
  ) -> BoundsMeasurement {
    func values(_ name: String) -> [Float] {
      guard let values = found[name] else { preconditionFailure("no output is called '\(name)'") }
      return values
    }
    func numbers(_ name: String) -> [Double] { values(name).map(Double.init) }
    func sample(_ name: String) -> BoundsMeasurement.Sample {
      BoundsMeasurement.Sample(Self.parts.map { values("\(name) \($0)") }, count: count)
    }
    func pairs(_ name: String) -> BoundsMeasurement.Pairs {
      BoundsMeasurement.Pairs(
        codes: numbers("\(name) codes"), pixels: numbers("\(name) pixels"),
        mismatch: numbers("\(name) mismatch"))
    }
    let encoded = found["codes"].map { codes in
      BoundsMeasurement.Encoded(
        codes: Points(codes, count: count), reconstructed: sample("reconstruction"),
        errors: numbers("errors"), moves: found["code moves"].map { $0.map(Double.init) },
        near: pairs("near"), far: pairs("far"))
    }
    return BoundsMeasurement(
      training: sample("original"), heldOut: BoundsMeasurement.Sample(heldOut, count: count),
      explored: sample("explored"), pixels: Points(values("pixels"), count: count),
      moves: explorer.exploration.kind == .samples ? nil : numbers("moves"), encoded: encoded,
      seed: seed)
  }
}

extension BoundsMeasurement.Sample {
  /// `count` examples of features, logits and mismatch.
  fileprivate init(_ opinions: [[Float]], count: Int) {
    let width = opinions[1].count / count
    let classes = (0..<count).map { row in
      ExplorationGrid.Row.best(opinions[1][row * width..<(row + 1) * width]).index
    }
    self.init(
      features: Points(opinions[0], count: count), classes: classes,
      mismatch: opinions[2].map(Double.init))
  }
}

extension Tensor {
  /// The Euclidean length of each row of `[batch, …]`.
  fileprivate var lengths: Tensor {
    square().sum(axes: Array(1..<shape.rank)).sqrt()
  }

  /// Each row's successor in `[batch, …]`, the first one for the last.
  fileprivate var turned: Tensor { rows(shape[0], from: 1) }
}
