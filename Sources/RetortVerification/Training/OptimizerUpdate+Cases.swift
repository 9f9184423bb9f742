import RetortCore

extension OptimizerUpdate {
  /// Every rule, with and without its options.
  package static let rules: [OptimizerRule] = [
    .sgd(momentum: 0, nesterov: false, weightDecay: 0.01),
    .sgd(momentum: 0.9, nesterov: false, weightDecay: 0),
    .sgd(momentum: 0.9, nesterov: true, weightDecay: 5e-4),
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false),
    .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decoupled: false),
    .adam(beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weightDecay: 0.1, decoupled: true),
    .rmsprop(alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0.01),
    .rmsprop(alpha: 0.9, epsilon: 1e-3, momentum: 0.9, centered: false, weightDecay: 0),
    .rmsprop(alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: true, weightDecay: 0),
    .rmsprop(alpha: 0.9, epsilon: 1e-6, momentum: 0.5, centered: true, weightDecay: 0.01),
    .sgd(momentum: 0.9, dampening: 0.25, nesterov: false, weightDecay: 0.01),
    .adam(
      beta1: 0.9, beta2: 0.9, epsilon: 1e-8, weightDecay: 0.01, decoupled: false, amsgrad: true),
  ]

  /// Updates with gradient clipping and weight averaging.
  package static let clippedAndAveraged = [
    OptimizerUpdate(rules[0], clipping: .norm(0.5), averaging: .exponential(decay: 0.9, from: 0)),
    OptimizerUpdate(rules[2], clipping: .value(0.25), averaging: .equal(from: 0)),
    OptimizerUpdate(rules[4], clipping: .value(0.25)),
    OptimizerUpdate(rules[5], clipping: .norm(8), averaging: .equal(from: 7)),
    OptimizerUpdate(rules[6], averaging: .exponential(decay: 0.999, from: 3)),
    OptimizerUpdate(rules[8], clipping: .norm(0.5), averaging: .equal(from: 40)),
  ]

  /// Updates of gradients with a loss scale.
  package static let scaled = [
    OptimizerUpdate(rules[0], isScaled: true),
    OptimizerUpdate(rules[2], clipping: .value(0.25), averaging: .equal(from: 7), isScaled: true),
    OptimizerUpdate(rules[5], clipping: .norm(0.5), isScaled: true),
    OptimizerUpdate(rules[9], averaging: .exponential(decay: 0.9, from: 0), isScaled: true),
  ]

  /// Updates with cycled momentum and partial weight decay.
  package static let cycled = [
    OptimizerUpdate(rules[0], decaysPartly: true),
    OptimizerUpdate(rules[2], cyclesMomentum: true),
    OptimizerUpdate(rules[5], clipping: .norm(0.5), cyclesMomentum: true, decaysPartly: true),
    OptimizerUpdate(rules[7], isScaled: true, cyclesMomentum: true, decaysPartly: true),
  ]

  static let all = rules.map { OptimizerUpdate($0) } + clippedAndAveraged + scaled + cycled

  /// A case of three steps with parameters, state and average.
  var deviceCase: DeviceCase {
    DeviceCase("\(self.rule) \(remarks)") { part in
      let (graph, count) = (part.graph, 1003)
      let parameters = part.variable(count)
      let state = (0..<stateCount).map { _ in part.variable(count, isZero: true) }
      for step in 0..<3 {
        let gradient = part.uniform([count])
        var norm: Tensor?
        if case .norm = clipping {
          norm = gradient.square().sum(axes: [0], keepingAxes: true).sqrt()
        }
        graph.endPhase([
          .optimize(
            self, parameters: parameters, gradient: isScaled ? gradient * 1024 : gradient,
            state: state, learningRate: graph.constant([Float(0.01)], [1]),
            step: graph.constant([Int32(step)], [1]), gradientNorm: norm,
            scaling: isScaled ? graph.constant([Float(1) / 1024, 0], [2]) : nil,
            momentum: cyclesMomentum
              ? graph.constant([Float(0.95) - 0.05 * Float(step)], [1]) : nil,
            decaying: decaysPartly
              ? graph.constant((0..<count).map { Float($0 % 3 == 1 ? 0 : 1) }, [count]) : nil)
        ])
      }
      return []
    }
  }

  private var remarks: String {
    let words = [
      clipping.map { "clipped by \($0)" }, averaging.map { "averaged by \($0)" },
      isScaled ? "scaled" : nil, cyclesMomentum ? "momentum cycled" : nil,
      decaysPartly ? "decayed in part" : nil,
    ]
    return words.compactMap { $0 }.joined(separator: ", ")
  }
}
