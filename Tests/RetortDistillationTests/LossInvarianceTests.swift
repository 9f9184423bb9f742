import Glibc
import RetortCPU
import RetortCore
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// What losses take no notice of, where they are nothing, and how they hang together, in float64.
@Suite struct LossInvarianceTests {
  private static let count = 6
  private static let width = 8

  private static func draw(_ stream: UInt32, _ count: Int = count * width) -> [Float] {
    Philox4x32(seed: 5, stream: stream).normals(count).map { $0 * 2 }
  }

  /// The sum of a loss's weighted terms, and its gradient by the student's values.
  private func evaluate(
    _ loss: any DistillationLoss, _ student: [Float], _ teacher: [Float],
    shape: Shape = [count, width], labels: [Int32]? = nil, mask: [Int32]? = nil
  ) throws -> (value: Double, gradient: [Float]) {
    let graph = Graph()
    let (own, other) = (graph.input("s", shape), graph.input("t", shape))
    let state = graph.constant([0, 0, 0] as [Int32], [3])
    let fields = mask.map { [("mask", graph.constant($0, [shape[0], shape[1]]))] } ?? []
    let examples = Example([("x", own)] + fields)
    let inputs = StepInputs(
      graph: graph, example: examples, labels: state, indices: state, randomState: state)
    let terms = try loss.terms(
      Comparison(
        inputs: inputs, context: inputs.context(.training), learner: Module(), examples: examples,
        student: Taps(output: own), teacher: Taps(output: other),
        labels: labels.map { graph.constant($0, [$0.count]) }), name: "a")
    let value = terms.reduce(graph.fill(0)) { $0 + $1.value * $1.weight }
    let program = try Session(CPUBackend(precision: .float64)).compile(
      graph, outputs: [value] + gradients(of: value, with: [own, other]))
    try program.setInput(0, student)
    try program.setInput(1, teacher)
    try program.run()
    #expect(try program.floats(2).allSatisfy { $0 == 0 }, "the teacher's gradient")
    return (Double(try program.floats(0)[0]), try program.floats(1))
  }

  private func expectEqual(
    _ a: Double, _ b: Double, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(a - b) <= 1e-5 * max(abs(a), abs(b)) + 1e-6, "\(what): \(a), \(b)",
      sourceLocation: sourceLocation)
  }

  private static let ofLogits: [any DistillationLoss] = [
    SoftTargetLoss(), SoftCrossEntropyLoss(), ReverseDivergenceLoss(), JensenShannonLoss(beta: 0.3),
    DecoupledLoss(), CorrelationOfClassesLoss(), StandardizedLoss(), HardLabelLoss(),
    TopClassesLoss(count: 3), TopClassesLoss(count: 3, rest: .none), LearnedTemperatureLoss(),
  ]

  /// Logits are known up to a number for each row; where no more differs there is nothing to learn.
  @Test func logitsMayBeShifted() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let shift = Self.draw(3, Self.count)
    func shifted(_ values: [Float]) -> [Float] {
      values.indices.map { values[$0] + shift[$0 / Self.width] }
    }
    for loss in Self.ofLogits {
      let name = "\(type(of: loss))"
      expectEqual(
        try evaluate(loss, own, other).value, try evaluate(loss, shifted(own), other).value, name)
      guard !(loss is HardLabelLoss) else { continue }
      let equal = try evaluate(loss, shifted(other), other)
      if !(loss is SoftCrossEntropyLoss) { #expect(abs(equal.value) < 1e-5, "\(name)") }
      #expect(equal.gradient.allSatisfy { abs($0) < 1e-5 }, "\(name)")
    }
  }

  /// The gradient of soft targets is T·(q − p)/batch, that of soft cross-entropy too.
  @Test func softTargetsHaveTheGradientOfTheDifference() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let kd = try evaluate(SoftTargetLoss(temperature: 3), own, other).gradient
    let soft = try evaluate(SoftCrossEntropyLoss(temperature: 3), own, other).gradient
    for (a, b) in zip(kd, soft) { expectEqual(Double(a), Double(b), "gradient") }
  }

  /// At high temperatures T²·KL is the squared distance of centred logits over twice the classes.
  @Test func hotSoftTargetsAreSquares() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let hot = try evaluate(SoftTargetLoss(temperature: 1000), own, other).value
    func centred(_ x: [Float]) -> [Double] {
      x.indices.map { index in
        let row = x[index / Self.width * Self.width..<(index / Self.width + 1) * Self.width]
        return Double(x[index]) - row.reduce(0) { $0 + Double($1) } / Double(Self.width)
      }
    }
    let squares = zip(centred(own), centred(other)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let expected = squares / Double(2 * Self.width * Self.count)
    #expect(abs(hot - expected) < 5e-3 * expected, "\(hot), \(expected)")
  }

  /// KL is the label's part and, times the teacher's share of other classes, that among these.
  @Test func decoupledPartsMakeTheWhole() throws {
    let (own, other) = (Self.draw(1, Self.width), Self.draw(2, Self.width))
    let (shape, labels): (Shape, [Int32]) = ([1, Self.width], [3])
    func part(_ alpha: Double, _ beta: Double) throws -> Double {
      try evaluate(
        DecoupledLoss(temperature: 1, alpha: alpha, beta: beta), own, other, shape: shape,
        labels: labels
      ).value
    }
    let sum = other.reduce(0.0) { $0 + exp(Double($1)) }
    let rest = 1 - exp(Double(other[3])) / sum
    let whole = try evaluate(SoftTargetLoss(temperature: 1), own, other, shape: shape).value
    expectEqual(try part(1, 0) + rest * part(0, 1), whole, "parts")
  }

  /// The designed teacher is matched by logits that say what it says, and at a temperature of 1 it smooths labels.
  @Test func designedTeachersSmoothLabels() throws {
    let (own, labels) = (Self.draw(1), (0..<Self.count).map { Int32($0) })
    func evaluate(_ loss: any DistillationLoss, _ logits: [Float]) throws -> (Double, [Float]) {
      let found = try self.evaluate(loss, logits, own, labels: labels)
      return (found.value, found.gradient)
    }
    for (temperature, probability) in [(20.0, 0.99), (1.0, 0.9)] {
      let loss = TeacherFreeLoss(temperature: temperature, probability: probability)
      let margin = Float(log(probability / (1 - probability) * Double(Self.width - 1)))
      let designed = own.indices.map { index -> Float in
        5 + (index % Self.width == Int(labels[index / Self.width]) ? margin : 0)
      }
      let equal = try evaluate(loss, designed)
      #expect(abs(equal.0) < 1e-5 && equal.1.allSatisfy { abs($0) < 1e-5 })
      #expect(try evaluate(loss, own).0 > 0.1)
    }
    let smoothing = 0.1
    let share = 1 - smoothing + smoothing / Double(Self.width)
    let regular = try evaluate(TeacherFreeLoss(temperature: 1, probability: share), own).1
    let smooth = try evaluate(CrossEntropyLoss(labelSmoothing: smoothing), own).1
    for (a, b) in zip(regular, smooth) { #expect(abs(a - b) < 1e-6) }
  }

  /// Without labels the teacher's likeliest classes stand for them.
  @Test func decoupledPartsNeedNoLabels() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let likeliest = (0..<Self.count).map { row -> Int32 in
      let logits = other[row * Self.width..<(row + 1) * Self.width]
      return Int32((logits.indices.max { logits[$0] < logits[$1] } ?? 0) - row * Self.width)
    }
    let without = try evaluate(DecoupledLoss(), own, other).value
    #expect(try evaluate(DecoupledLoss(), own, other, labels: likeliest).value == without)
    let others = likeliest.map { ($0 + 1) % Int32(Self.width) }
    #expect(try evaluate(DecoupledLoss(), own, other, labels: others).value != without)
  }

  /// Over β and 1 − β the mixture's divergence ends at KL one way and the other.
  @Test func mixturesEndAtBothDivergences() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let forward = try evaluate(SoftTargetLoss(temperature: 1), own, other).value
    let low = try evaluate(JensenShannonLoss(beta: 1e-5), own, other).value * 1e5
    #expect(abs(low - forward) < 1e-2 * forward, "\(low), \(forward)")
    let reverse = try evaluate(ReverseDivergenceLoss(), own, other).value
    let high = try evaluate(JensenShannonLoss(beta: 1 - 1e-5), own, other).value * 1e5
    #expect(abs(high - reverse) < 2e-2 * reverse, "\(high), \(reverse)")
  }

  /// With a bin for the rest the loss grows with k, up to that of all classes.
  @Test func moreClassesSayMore() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let whole = try evaluate(SoftTargetLoss(), own, other).value
    let values = try (1...Self.width).map {
      try evaluate(TopClassesLoss(count: $0), own, other).value
    }
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 + 1e-6 })
    expectEqual(values[Self.width - 2], whole, "all but one")
    expectEqual(values[Self.width - 1], whole, "all")
  }

  private static let maps: Shape = [count, 2, 2, 2]
  private static let output = [TapPair()]
  private static let twice = [TapPair(), TapPair()]

  /// Order of examples, scale, and where it is so translation of a student's features change nothing.
  @Test func relationsKeepWhatTheyShould() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let order = [3, 0, 5, 1, 4, 2]
    func permuted(_ x: [Float]) -> [Float] {
      order.flatMap { x[$0 * Self.width..<($0 + 1) * Self.width] }
    }
    let scaled = own.map { $0 * 3 }
    let unordered: [any DistillationLoss] = [
      RelationLoss(), SimilarityLoss(), CorrelationLoss(form: .kernel), ProbabilisticLoss(),
      InstanceGraphLoss(), CorrelationOfClassesLoss(), DissimilarityLoss(taps: Self.output),
      ContrastiveRepresentationLoss(taps: Self.output), SingularVectorLoss(taps: Self.twice),
    ]
    for loss in unordered {
      expectEqual(
        try evaluate(loss, own, other).value,
        try evaluate(loss, permuted(own), permuted(other)).value, "\(type(of: loss)), order")
    }
    let unscaled: [(any DistillationLoss, Shape)] = [
      (RelationLoss(), [Self.count, Self.width]), (SimilarityLoss(), [Self.count, Self.width]),
      (CorrelationLoss(form: .kernel), [Self.count, Self.width]),
      (ProbabilisticLoss(), [Self.count, Self.width]),
      (InstanceGraphLoss(vertices: 0), [Self.count, Self.width]),
      (DissimilarityLoss(taps: Self.output), [Self.count, Self.width]),
      (ContrastiveRepresentationLoss(taps: Self.output), [Self.count, Self.width]),
      (AttentionTransferLoss(taps: Self.output), Self.maps),
      (SelectivityLoss(taps: Self.output), Self.maps),
      (ChannelCorrelationLoss(taps: Self.output), Self.maps),
      (AffinityLoss(taps: Self.output), Self.maps),
      (SingularVectorLoss(taps: Self.twice), Self.maps),
      (SingularVectorLoss(taps: Self.twice, vectors: 2), Self.maps),
      (FactorTransferLoss(taps: Self.output), Self.maps),
      (TokenCosineLoss(taps: Self.output), [Self.count, 2, 4]),
      (StandardizedLoss(), [Self.count, Self.width]),
    ]
    for (loss, shape) in unscaled {
      expectEqual(
        try evaluate(loss, own, other, shape: shape).value,
        try evaluate(loss, scaled, other, shape: shape).value, "\(type(of: loss)), scale")
    }
    let moved = own.indices.map { own[$0] + Float($0 % Self.width) }
    let unmoved: [any DistillationLoss] = [
      RelationLoss(), InstanceGraphLoss(vertices: 0), DissimilarityLoss(taps: Self.output),
    ]
    for loss in unmoved {
      expectEqual(
        try evaluate(loss, own, other).value, try evaluate(loss, moved, other).value,
        "\(type(of: loss)), place")
    }
  }

  /// The order of pairs, lengths of vectors and the basis that they are given in change no ranking.
  @Test(arguments: [false, true]) func rankingsKeepWhatTheyShould(_ isSymmetric: Bool) throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let loss = RetrievalLoss(temperature: 0.3, symmetric: isSymmetric)
    func moved(_ x: [Float], _ place: (_ row: Int, _ column: Int) -> (Int, Int)) -> [Float] {
      x.indices.map {
        let (row, column) = place($0 / Self.width, $0 % Self.width)
        return x[row * Self.width + column]
      }
    }
    func rotated(_ x: [Float]) -> [Float] { moved(x) { (($0 + 2) % Self.count, $1) } }
    let value = try evaluate(loss, own, other).value
    #expect(value > 1e-2)
    expectEqual(try evaluate(loss, rotated(own), rotated(other)).value, value, "order")
    expectEqual(try evaluate(loss, own.map { $0 * 3 }, other).value, value, "length")
    let turned = moved(own) { ($0, ($1 + 3) % Self.width) }
    expectEqual(try evaluate(loss, turned, other).value, value, "basis")
    // Another order of queries alone is another matter.
    let mixed = moved(own) { ($0 % 2 == 0 ? ($0 + 2) % Self.count : $0, $1) }
    #expect(abs(try evaluate(loss, mixed, other).value - value) > 1e-3)
    let equal = try evaluate(loss, other.map { $0 * 2 }, other)
    #expect(abs(equal.value) < 1e-6 && equal.gradient.allSatisfy { abs($0) < 1e-6 })
  }

  /// What stands at padding counts for nothing, and receives no gradient.
  @Test func paddingCountsForNothing() throws {
    let (own, other) = (Self.draw(1), Self.draw(2))
    let shape: Shape = [2, 4, 6]
    let mask: [Int32] = [1, 1, 1, 0, 1, 1, 0, 0]
    let three = [TapPair(), TapPair(), TapPair()]
    let losses: [any DistillationLoss] = [
      TokenCosineLoss(taps: Self.output), SelfRelationLoss(taps: Self.output, heads: 2),
      AttentionDistributionLoss(taps: three, heads: 3),
    ]
    let changed = own.indices.map { mask[$0 / 6] == 0 ? own[$0] * -7 + 1 : own[$0] }
    for loss in losses {
      let name = "\(type(of: loss))"
      let (a, b) = (
        try evaluate(loss, own, other, shape: shape, mask: mask),
        try evaluate(loss, changed, other, shape: shape, mask: mask)
      )
      #expect(a.value > 1e-3 && a.value == b.value, "\(name)")
      #expect(a.gradient.indices.allSatisfy { mask[$0 / 6] == 1 || a.gradient[$0] == 0 }, "\(name)")
    }
  }
}
