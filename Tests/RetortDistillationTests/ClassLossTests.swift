import Glibc
import RetortCPU
import RetortCore
import RetortData
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// Losses for classes of unequal sizes, in float64; values and gradients of other people's code are recorded.
@Suite struct ClassLossTests {
  private static let classes = 10
  private static let labels: [Int32] = [0, 3, 9, 9, 5, 0]
  /// A long tail of imbalance 100, as of CIFAR-10.
  private static let longTail = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
  private static let all: [any DistillationLoss] = [
    LogitAdjustedLoss(), ClassBalancedLoss(), MarginLoss(deferral: 0),
  ]

  private static func draw(_ stream: UInt32) -> [Float] {
    Philox4x32(seed: 7, stream: stream).normals(labels.count * classes).map { $0 * 2 }
  }

  /// The loss of logits in step `step` of `steps`.
  ///
  /// - Parameter others: The share of each example that is of the one before it; nil for pictures of their own.
  private func evaluate(
    _ loss: any DistillationLoss, _ logits: [Float] = draw(1), labels: [Int32] = labels,
    counts: [Int] = longTail, step: Int32 = 0, of steps: Int = 1, others: [Float]? = nil
  ) throws -> Double {
    let graph = Graph()
    let student = graph.constant(logits, [labels.count, Self.classes])
    let given = graph.constant(labels, [labels.count])
    let example = Example(
      [("x", student)], otherShare: others.map { graph.constant($0, [$0.count]) })
    let inputs = StepInputs(
      graph: graph, example: example, labels: given, indices: given,
      randomState: graph.constant([0, 0, step], [3]), steps: steps, classCounts: counts)
    let terms = try loss.terms(
      Comparison(
        inputs: inputs, context: inputs.context(.training), learner: Module(), examples: example,
        student: Taps(output: student), teacher: nil, labels: given), name: "a")
    let program = try Session(CPUBackend(precision: .float64)).compile(
      graph, outputs: [terms[0].value])
    try program.run()
    return Double(try program.floats(0)[0])
  }

  private func expectEqual(
    _ a: Double, _ b: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(abs(a - b) <= 1e-5 * max(1, abs(a)), "\(a), \(b)", sourceLocation: sourceLocation)
  }

  /// Numbers of the authors' code, which recorded them to seven digits.
  @Test func marginsAndWeightsAreThoseOfTheAuthors() throws {
    let found = try ClassFrequencies(Self.longTail, for: "ldam")
    let margins = [
      0.1581139, 0.1796970, 0.2042377, 0.2320912, 0.2638290, 0.2997677, 0.3406752, 0.3872209,
      0.4404970, 0.5,
    ]
    let weights = [
      0.0506114, 0.0768998, 0.1211339, 0.1950367, 0.3188054, 0.5245898, 0.8683489, 1.4426273,
      2.4092231, 3.9927238,
    ]
    for (a, b) in zip(found.margins(largest: 0.5), margins) { #expect(abs(a - b) < 1e-7) }
    for (a, b) in zip(found.weights(beta: 0.9999), weights) { #expect(abs(a - b) < 1e-7) }
    #expect(found.weights(beta: 0) == [Double](repeating: 1, count: 10))
    let inverse = found.weights(beta: 1)
    expectEqual(inverse[9] / inverse[0], 100)
    expectEqual(inverse.reduce(0, +), 10)
    expectEqual(found.logShares.reduce(0) { $0 + exp($1) }, 1)
  }

  /// Among classes of one size there is nothing to make up for.
  @Test func equalClassesAreCrossEntropy() throws {
    let counts = [Int](repeating: 70, count: Self.classes)
    let plain = try evaluate(CrossEntropyLoss())
    expectEqual(try evaluate(LogitAdjustedLoss(tau: 2), counts: counts), plain)
    expectEqual(try evaluate(ClassBalancedLoss(), counts: counts), plain)
    expectEqual(
      try evaluate(MarginLoss(margin: 0, scale: 1, deferral: 0), counts: counts), plain)
    for loss in Self.all {
      #expect(abs(try evaluate(loss) - plain) > 0.05, "\(type(of: loss))")
    }
  }

  /// Logits are known up to a number for each row.
  @Test func logitsMayBeShifted() throws {
    let shifted = Self.draw(1).enumerated().map { $1 + Float($0 / Self.classes) - 2 }
    for loss in Self.all { expectEqual(try evaluate(loss), try evaluate(loss, shifted)) }
  }

  /// Of one class alone the weights say nothing, since they are divided by their sum.
  @Test func weightsAreOfOneBatch() throws {
    let labels = [Int32](repeating: 9, count: 6)
    expectEqual(
      try evaluate(ClassBalancedLoss(), labels: labels),
      try evaluate(CrossEntropyLoss(), labels: labels))
  }

  /// Classes weigh alike until the deferral has passed.
  @Test func weightsAreDeferred() throws {
    let plain = try evaluate(MarginLoss(beta: 0))
    let weighed = try evaluate(MarginLoss(deferral: 0))
    #expect(abs(plain - weighed) > 0.05)
    for (step, steps, expected) in [
      (0, 10, plain), (7, 10, plain), (8, 10, weighed), (9, 10, weighed), (0, 1, plain),
      (1, 3, plain), (2, 3, weighed),
    ] {
      expectEqual(try evaluate(MarginLoss(), step: Int32(step), of: steps), expected)
    }
    expectEqual(try evaluate(MarginLoss(deferral: 1), step: 9, of: 10), plain)
  }

  /// Of mixed pictures each loss is that of both labels by their shares, and so are the weights.
  @Test func mixedLabelsCountByTheirShares() throws {
    let (logits, shares) = (Self.draw(1), [0.3, 0, 0.5, 0.1, 1, 0.25])
    let weights = try ClassFrequencies(Self.longTail, for: "").weights(beta: 0.9999)
    for loss in Self.all {
      var (sum, total) = (0.0, 0.0)
      for (row, share) in shares.enumerated() {
        let before = (row + shares.count - 1) % shares.count
        for (label, part) in [(Self.labels[row], 1 - share), (Self.labels[before], share)] {
          let weight = part * (loss is LogitAdjustedLoss ? 1 : weights[Int(label)])
          let own = Array(logits[row * Self.classes..<(row + 1) * Self.classes])
          // Alone an example's weight is divided by itself.
          sum += weight * (try evaluate(loss, own, labels: [label]))
          total += weight
        }
      }
      expectEqual(try evaluate(loss, logits, others: shares.map(Float.init)), sum / total)
    }
  }

  /// What is not known of classes is said before the first step.
  @Test func unknownFrequenciesAreRefused() throws {
    for (loss, name) in zip(Self.all, ["logit-adjusted", "class-weighted", "ldam"]) {
      #expect(throws: ClassCountError.unknown(loss: name)) { try evaluate(loss, counts: []) }
      #expect(throws: ClassCountError.emptyClass(2, loss: name)) {
        try evaluate(loss, counts: [5, 5, 0, 5, 5, 5, 5, 5, 5, 5])
      }
    }
    #expect(
      "\(ClassCountError.unknown(loss: "ldam"))"
        == "'ldam' needs the number of training examples of each class, which nothing says; build the step "
        + "with a loader of labelled examples, or give it 'classCounts'")
    #expect(
      "\(ClassCountError.emptyClass(2, loss: "ldam"))"
        == "'ldam' makes up for how rare classes are, and no training example is of class 2, counted from 0; "
        + "take examples of every class, such as by a smaller imbalance, or leave it out")
  }
}
