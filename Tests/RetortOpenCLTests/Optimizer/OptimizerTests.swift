import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct OptimizerTests {
  @Test(arguments: OptimizerUpdate.rules, [1, 3, 16, 17, 200, 20_003])
  func twentyStepsFollowTheDefinition(_ rule: OptimizerRule, _ count: Int) throws {
    try follow(OptimizerUpdate(rule), count)
  }

  @Test(
    arguments: OptimizerUpdate.clippedAndAveraged, [1, 3, 17, 20_003])
  func clippingAndAveragingFollowTheDefinition(_ update: OptimizerUpdate, _ count: Int) throws {
    try follow(update, count)
  }

  @Test(
    arguments: OptimizerUpdate.scaled, [1, 17, 20_003])
  func scaledGradientsFollowTheDefinition(_ update: OptimizerUpdate, _ count: Int) throws {
    try follow(update, count)
  }

  @Test(arguments: OptimizerUpdate.cycled, [1, 17, 20_003])
  func cyclesAndGroupsFollowTheDefinition(_ update: OptimizerUpdate, _ count: Int) throws {
    try follow(update, count)
  }

  private func follow(_ update: OptimizerUpdate, _ count: Int) throws {
    for form in KernelForm.allCases {
      var numbers = TestNumbers(seed: UInt64(count))
      var w = numbers.floats(count)
      // A parameter that is nothing and learns nothing, as between two tensors, stays so.
      w[count / 2] = 0
      let decaying = w.indices.map { Float($0 % 3 == 1 ? 0 : 1) }
      let run = try Run(update, form, w, decaying: decaying)
      var oracle = OptimizerOracle(update, w, decaying: decaying)
      for step in 0..<20 {
        var g = numbers.floats(count, step % 2 == 0 ? 1 : 1e-3)
        g[count / 2] = 0
        if update.isScaled, step % 4 == 1 { try checkSkip(run) }
        let momentum = update.cyclesMomentum ? Float(0.95 - 0.01 * Double(step)) : nil
        try run.step(g, rate: 0.01, momentum: momentum)
        oracle.step(g, rate: Double(Float(0.01)), momentum: momentum.map(Double.init))
      }
      let found = try run.parameters()
      let error = update.rule.tolerance
      #expect(worstError(found, oracle.w, absolute: error, relative: error) <= 1, "\(form)")
      #expect(found[count / 2] == 0)
      guard update.averaging != nil else { continue }
      let average = try run.averages()
      #expect(worstError(average, oracle.average, absolute: error, relative: error) <= 1)
      // Before its start an average is a copy, bit for bit.
      if case .equal(from: 40) = update.averaging { #expect(average == found) }
    }
  }

  /// A step with the factor 0 changes no bit.
  private func checkSkip(_ run: Run) throws {
    let before = try run.buffers()
    try run.step(Array(repeating: .infinity, count: before[0].count), rate: 0.01, isGood: false)
    #expect(try run.buffers() == before)
  }

  @Test(arguments: [nil, GradientClipping.norm(0.5), .value(0.5)])
  func notANumberPassesTheClipping(_ clipping: GradientClipping?) throws {
    for form in KernelForm.allCases {
      for rule in OptimizerUpdate.rules {
        let run = try Run(OptimizerUpdate(rule, clipping: clipping), form, [1, 2, 3, 4, 5])
        try run.step([1, 1, .nan, 1, 1], rate: 0.1)
        let found = try run.parameters()
        #expect(found[2].isNaN, "\(form) \(rule)")
        // The norm of all is no number either.
        if case .norm = clipping { continue }
        #expect(found.filter(\.isNaN).count == 1)
      }
    }
  }

  /// One optimizer step's launch, replayed with new gradients.
  struct Run {
    private let memories: [DeviceMemory]
    private let list: LaunchList
    private let count: Int
    private let isScaled: Bool
    /// The memory of the parameters; state follows.
    private static let first = 7

    init(
      _ update: OptimizerUpdate, _ form: KernelForm, _ w: [Float], decaying: [Float] = []
    ) throws {
      let context = try Fixture.context(form)
      (count, isScaled) = (w.count, update.isScaled)
      let padding = [Float](repeating: -7777, count: 64)
      let zeros = [Float](repeating: 0, count: count)
      let values =
        [zeros, [0], [0], [0], [1, 0], [0], decaying, w]
        + (0..<update.stateCount).map { _ in zeros }
      memories = try values.map { try DeviceMemory(context, $0 + padding) }
      var plan = Plan()
      for (index, value) in values.enumerated() {
        plan.values.append(
          .init(storage: .input(0), count: value.count, dtype: index == 2 ? .int32 : .float32))
      }
      let step = Step(
        kind: .optimizer(update, count: count),
        inputs: [0, 1, 2]
          + update.extras.map { extra in
            switch extra {
            case .gradientNorm: 3
            case .scaling: 4
            case .momentum: 5
            case .decaying: 6
            }
          }, outputs: Array(Self.first..<values.count), label: "test")
      var lowering = Lowering(plan, device: context.device.limits, form: form)
      let commands = try lowering.lower([step])
      let memories = memories
      list = try LaunchList(commands, in: context) { (reference) throws(OpenCLError) in
        guard case .value(let index) = reference else { return try LaunchList.existing(reference) }
        return memories[index]
      }
    }

    /// Where updates are scaled gradients come 1024 times as large; a bad one is not to be followed.
    func step(
      _ gradients: [Float], rate: Float, momentum: Float? = nil, isGood: Bool = true
    ) throws {
      let step = try memories[2].read(Int32.self, count: 1)[0]
      let skipped = try memories[4].read(Float.self, count: 2)[1]
      try memories[0].write(isScaled ? gradients.map { $0 * 1024 } : gradients)
      try memories[4].write([isGood ? 1 / 1024 : 0, skipped])
      try memories[1].write([rate])
      if let momentum { try memories[5].write([momentum]) }
      try memories[3].write([Float(norm(gradients))])
      try list.replay()
      try memories[2].write([step + 1])
      if !isGood { try memories[4].write([0, skipped + 1]) }
    }

    func parameters() throws -> [Float] {
      for memory in memories where memory.byteCount == (count + 64) * 4 {
        let tail = try memory.read(Float.self, count: count + 64).suffix(64)
        #expect(tail.allSatisfy { $0 == -7777 })
      }
      return try memories[Self.first].read(Float.self, count: count)
    }

    /// Parameters, state and average.
    func buffers() throws -> [[Float]] {
      try memories[Self.first...].map { try $0.read(Float.self, count: count) }
    }

    func averages() throws -> [Float] {
      try memories[memories.count - 1].read(Float.self, count: count)
    }
  }
}

extension OptimizerRule {
  /// The centered variance is a difference, so that rounding weighs more in it.
  fileprivate var tolerance: Double {
    if case .rmsprop(_, _, _, centered: true, _) = self { return 2e-5 }
    return 2e-6
  }
}
