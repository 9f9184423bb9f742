import Glibc
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct OptimizerTests {
  static let rules: [OptimizerRule] = [
    .sgd(momentum: 0, nesterov: false, weightDecay: 0.01),
    .sgd(momentum: 0.9, nesterov: false, weightDecay: 0),
    .sgd(momentum: 0.9, nesterov: true, weightDecay: 5e-4),
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false),
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decoupled: false),
    .adam(beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1, decoupled: true),
  ]

  @Test(arguments: rules, [1, 3, 16, 17, 200, 20_003])
  func twentyStepsFollowTheDefinition(_ rule: OptimizerRule, _ count: Int) throws {
    for form in KernelForm.allCases {
      var numbers = TestNumbers(seed: UInt64(count))
      var w = numbers.floats(count)
      // A parameter that is nothing and learns nothing, as between two tensors, stays so.
      w[count / 2] = 0
      let run = try Run(rule, form, w)
      var oracle = Oracle(rule, w)
      for step in 0..<20 {
        var g = numbers.floats(count, step % 2 == 0 ? 1 : 1e-3)
        g[count / 2] = 0
        try run.step(g, rate: 0.01)
        oracle.step(g, rate: Double(Float(0.01)))
      }
      let found = try run.parameters()
      #expect(worstError(found, oracle.w, absolute: 2e-6, relative: 2e-6) <= 1, "\(form)")
      #expect(found[count / 2] == 0)
    }
  }

  /// The rules in float64, with hyperparameters read as decimal numbers.
  struct Oracle {
    let rule: OptimizerRule
    var w, first, second: [Double]
    var t = 0.0

    init(_ rule: OptimizerRule, _ w: [Float]) {
      self.rule = rule
      self.w = w.map(Double.init)
      first = w.map { _ in 0 }
      second = first
    }

    mutating func step(_ gradients: [Float], rate: Double) {
      t += 1
      for (i, gradient) in gradients.enumerated() {
        var g = Double(gradient)
        switch rule {
        case .sgd(let momentum, let nesterov, let decay):
          g += decay * w[i]
          first[i] = t == 1 ? g : momentum * first[i] + g
          w[i] -= rate * (nesterov ? g + momentum * first[i] : first[i])
        case .adam(let beta1, let beta2, let epsilon, let decay, let decoupled):
          if decoupled { w[i] *= 1 - rate * decay } else { g += decay * w[i] }
          first[i] = beta1 * first[i] + (1 - beta1) * g
          second[i] = beta2 * second[i] + (1 - beta2) * g * g
          let denominator = sqrt(second[i]) / sqrt(1 - pow(beta2, t)) + epsilon
          w[i] -= rate / (1 - pow(beta1, t)) * first[i] / denominator
        }
      }
    }
  }

  /// One optimizer step's launch, replayed with new gradients.
  struct Run {
    private let memories: [DeviceMemory]
    private let list: LaunchList
    private let count: Int

    init(_ rule: OptimizerRule, _ form: KernelForm, _ w: [Float]) throws {
      let context = try Fixture.context()
      count = w.count
      let padding = [Float](repeating: -7777, count: 64)
      let zeros = [Float](repeating: 0, count: count)
      let values = [zeros, [0], [0], w] + (0..<rule.stateCount).map { _ in zeros }
      memories = try values.map { try DeviceMemory(context, $0 + padding) }
      var plan = Plan()
      for (index, value) in values.enumerated() {
        plan.values.append(
          .init(place: .input(0), count: value.count, dtype: index == 2 ? .int32 : .float32))
      }
      let step = Step(
        kind: .optimizer(rule, count: count), inputs: [0, 1, 2],
        outputs: Array(3..<values.count), label: "test")
      var lowering = Lowering(plan, device: context.device.limits, form: form)
      let commands = try lowering.lower([step])
      let memories = memories
      list = try LaunchList(commands, in: context) { (reference) throws(OpenCLError) in
        guard case .value(let index) = reference else { return try LaunchList.existing(reference) }
        return memories[index]
      }
    }

    func step(_ gradients: [Float], rate: Float) throws {
      let step = try memories[2].read(Int32.self, count: 1)[0]
      try memories[0].write(gradients)
      try memories[1].write([rate])
      try list.replay()
      try memories[2].write([step + 1])
    }

    func parameters() throws -> [Float] {
      for memory in memories where memory.byteCount == (count + 64) * 4 {
        let tail = try memory.read(Float.self, count: count + 64).suffix(64)
        #expect(tail.allSatisfy { $0 == -7777 })
      }
      return try memories[3].read(Float.self, count: count)
    }
  }
}
