import Glibc
import RetortCPU
import Testing

@testable import RetortCore

@Suite struct UpdateTests {
  @Test func philoxKnownAnswers() throws {
    // The published test vectors of Philox4×32-10 with counters that a step can have.
    let state = Philox4x32.state(seed: 0, step: 0)
    let words: [UInt32] = [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]
    let expected = words.map { Double($0 >> 8) / Double(1 << 24) }
    try StepCase(
      .random(.uniform, stream: 0, count: 4), [.integers(state)], counts: [4]
    ).check([expected], single: 1e-9)
  }

  @Test(arguments: [0, 1, 3, 4, 5, 1023, 20_001])
  func randomElementsAreThoseOfTheHost(_ count: Int) throws {
    let seed: UInt64 = 0xFEDC_BA98_7654_3210
    let host = Philox4x32(seed: seed, stream: 0x8000_0007, step: 12)
    let state = Philox4x32.state(seed: seed, step: 12)
    try StepCase(
      .random(.uniform, stream: 0x8000_0007, count: count), [.integers(state)], counts: [count]
    ).check([host.uniforms(count).map(Double.init)], single: 1e-9)
    try StepCase(
      .random(.normal, stream: 0x8000_0007, count: count), [.integers(state)], counts: [count]
    ).check([host.normals(count).map(Double.init)], single: 2e-6, double: 2e-6)
  }

  @Test(arguments: [LatentStepRule.plain, .normalised], [false, true])
  func latentStep(_ rule: LatentStepRule, _ perRow: Bool) throws {
    for (rows, columns) in [(1, 1), (5, 7), (64, 512), (0, 3)] {
      let z = numbers(rows * columns, seed: 1)
      var g = numbers(rows * columns, seed: 2)
      if rows == 5 { for column in 0..<columns { g[columns + column] = 0 } }
      let size = numbers(perRow ? rows : 1, seed: 3)
      let expected = z.indices.map { index in
        let row = index / columns
        let norm = g[row * columns..<(row + 1) * columns].reduce(0) { $0 + $1 * $1 }.squareRoot()
        let step = size[perRow ? row : 0] / (rule == .plain ? 1 : norm + 1e-12)
        return z[index] + step * g[index]
      }
      try StepCase(
        .latentStep(rule, rows: rows, columns: columns, sizePerRow: perRow),
        [.reals(z), .reals(g), .reals(size)], counts: [z.count]
      ).check([expected])
    }
  }

  @Test(arguments: [
    OptimizerRule.sgd(momentum: 0, nesterov: false, weightDecay: 0),
    .sgd(momentum: 0, nesterov: false, weightDecay: 0.125),
    .sgd(momentum: 0.875, nesterov: false, weightDecay: 0),
    .sgd(momentum: 0.875, nesterov: true, weightDecay: 0.125),
    .adam(beta1: 0.875, beta2: 0.9375, epsilon: 0.0009765625, weightDecay: 0.125, decoupled: false),
    .adam(beta1: 0.875, beta2: 0.9375, epsilon: 0.0009765625, weightDecay: 0.125, decoupled: true),
    .sgd(momentum: 0.875, dampening: 0.25, nesterov: false, weightDecay: 0.125),
    .adam(
      beta1: 0.875, beta2: 0.9375, epsilon: 0.0625, weightDecay: 0.125, decoupled: false,
      amsgrad: true),
    .rmsprop(
      alpha: 0.875, epsilon: 0.0009765625, momentum: 0, centered: false, weightDecay: 0.125),
    .rmsprop(alpha: 0.875, epsilon: 0.0009765625, momentum: 0.5, centered: false, weightDecay: 0),
    .rmsprop(alpha: 0.875, epsilon: 0.0625, momentum: 0, centered: true, weightDecay: 0),
    .rmsprop(alpha: 0.875, epsilon: 0.0625, momentum: 0.5, centered: true, weightDecay: 0.125),
  ])
  func optimizer(_ rule: OptimizerRule) throws {
    for count in [1, 37, 40_000] { try follow(OptimizerUpdate(rule), count) }
  }

  @Test(arguments: [
    OptimizerUpdate(Self.descent, clipping: .norm(0.5)),
    OptimizerUpdate(Self.descent, clipping: .norm(1e6)),
    OptimizerUpdate(Self.descent, clipping: .value(0.25)),
    OptimizerUpdate(Self.descent, averaging: .exponential(decay: 0.875, from: 3)),
    OptimizerUpdate(Self.descent, averaging: .exponential(decay: 0.875, from: 4)),
    OptimizerUpdate(Self.descent, clipping: .value(0.25), averaging: .equal(from: 1)),
    OptimizerUpdate(Self.descent, clipping: .norm(0.5), averaging: .equal(from: 9)),
    OptimizerUpdate(Self.descent, isScaled: true),
    OptimizerUpdate(Self.descent, clipping: .value(0.25), isScaled: true),
    OptimizerUpdate(
      .adam(beta1: 0.875, beta2: 0.9375, epsilon: 0.0625, weightDecay: 0.125, decoupled: true),
      clipping: .norm(0.5), averaging: .exponential(decay: 0.875, from: 3), isScaled: true),
    OptimizerUpdate(Self.descent, cyclesMomentum: true),
    OptimizerUpdate(
      .sgd(momentum: 0, nesterov: false, weightDecay: 0.125), decaysPartly: true),
    OptimizerUpdate(
      .adam(beta1: 0.875, beta2: 0.9375, epsilon: 0.0625, weightDecay: 0.125, decoupled: true),
      clipping: .norm(0.5), isScaled: true, cyclesMomentum: true, decaysPartly: true),
    OptimizerUpdate(
      .rmsprop(alpha: 0.875, epsilon: 0.0625, momentum: 0.5, centered: true, weightDecay: 0.125),
      cyclesMomentum: true, decaysPartly: true),
  ])
  func clippingAndAveraging(_ update: OptimizerUpdate) throws {
    for count in [1, 37, 40_000] { try follow(update, count) }
  }

  private static let descent = OptimizerRule.sgd(
    momentum: 0.875, nesterov: true, weightDecay: 0.125)

  /// The fifth update, of parameters, states and an average that are anything.
  private func follow(_ update: OptimizerUpdate, _ count: Int) throws {
    var p = numbers(count, seed: 1)
    // Means of one gradient, so that no variance is negative.
    let past = numbers(count, seed: 7)
    var (velocity, first, second) = (past.map(abs), past, past.map { 2 * $0 * $0 })
    var largest = second.enumerated().map { $0 % 2 == 0 ? 2 * $1 : 0 }
    let decaying = (0..<count).map { $0 % 3 == 1 ? 0.0 : 1 }
    var average = numbers(count, seed: 9)
    let g = numbers(count, seed: 2)
    let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let (rate, step) = (0.0625, 4)
    func states() -> [[Double]] {
      let own: [[Double]] =
        switch update.rule {
        case .sgd(let momentum, _, _, _): momentum == 0 ? [] : [velocity]
        case .adam(_, _, _, _, _, let amsgrad): [first, second] + (amsgrad ? [largest] : [])
        case .rmsprop(_, _, let momentum, let centered, _):
          [second] + (centered ? [first] : []) + (momentum == 0 ? [] : [velocity])
        }
      return [p] + own + (update.averaging == nil ? [] : [average])
    }
    let before = states()
    for i in 0..<count {
      var slope = g[i]
      switch update.clipping {
      case .norm(let limit): slope *= min(1, limit / (norm + 1e-6))
      case .value(let limit): slope = min(max(slope, -limit), limit)
      case nil: break
      }
      let part = update.decaysPartly ? decaying[i] : 1
      let own = update.cyclesMomentum ? 0.75 : nil
      switch update.rule {
      case .sgd(let fixed, let dampening, let nesterov, let decay):
        let momentum = own ?? fixed
        slope += decay * part * p[i]
        velocity[i] = momentum * velocity[i] + (1 - dampening) * slope
        p[i] -= rate * (nesterov ? slope + momentum * velocity[i] : velocity[i])
      case .adam(let fixed, let beta2, let epsilon, let decay, let decoupled, let amsgrad):
        let beta1 = own ?? fixed
        let change = decay * part * p[i]
        if decoupled { p[i] -= rate * change } else { slope += change }
        first[i] = beta1 * first[i] + (1 - beta1) * slope
        second[i] = beta2 * second[i] + (1 - beta2) * slope * slope
        let m = first[i] / (1 - Glibc.pow(beta1, Double(step + 1)))
        largest[i] = max(largest[i], second[i])
        let v = (amsgrad ? largest[i] : second[i]) / (1 - Glibc.pow(beta2, Double(step + 1)))
        p[i] -= rate * m / (v.squareRoot() + epsilon)
      case .rmsprop(let alpha, let epsilon, let fixed, let centered, let decay):
        let momentum = own ?? fixed
        slope += decay * part * p[i]
        first[i] = alpha * first[i] + (1 - alpha) * slope
        second[i] = alpha * second[i] + (1 - alpha) * slope * slope
        let variance = second[i] - (centered ? first[i] * first[i] : 0)
        let move = slope / (variance.squareRoot() + epsilon)
        velocity[i] = momentum * velocity[i] + move
        p[i] -= rate * (momentum == 0 ? move : velocity[i])
      }
      switch update.averaging {
      case .exponential(let decay, let from):
        average[i] = step <= from ? p[i] : decay * average[i] + (1 - decay) * p[i]
      case .equal(let from):
        let number = Double(max(0, step - from))
        average[i] = (number * average[i] + p[i]) / (number + 1)
      case nil: break
      }
    }
    // Scaled by 1024 and after two steps more, of which nothing was followed.
    let rest = update.extras.map { extra -> [Double] in
      switch extra {
      case .gradientNorm: [norm]
      case .scaling: [1.0 / 1024, 2]
      case .momentum: [0.75]
      case .decaying: decaying
      }
    }
    let number = Int32(update.isScaled ? step + 2 : step)
    let slopes = update.isScaled ? g.map { $0 * 1024 } : g
    try StepCase(
      .optimizer(update, count: count),
      [.reals(slopes), .reals([rate]), .integers([number])] + rest.map { .reals($0) },
      outputs: before.map { .reals($0) }
    ).check(states())
  }

  @Test func aScaleOfNothingChangesNothing() throws {
    let update = OptimizerUpdate(Self.descent, averaging: .equal(from: 0), isScaled: true)
    try StepCase(
      .optimizer(update, count: 2),
      [.reals([.infinity, .nan]), .reals([0.5]), .integers([3]), .reals([0, 1])],
      outputs: [.reals([1, 2]), .reals([3, 4]), .reals([5, 6])]
    ).check([[1, 2], [3, 4], [5, 6]])
  }

  @Test func aNegativeVarianceCountsAsNothing() throws {
    // The mean is larger than the root of the mean square, as rounding may make it.
    let rule = OptimizerRule.rmsprop(
      alpha: 0.5, epsilon: 0.5, momentum: 0, centered: true, weightDecay: 0)
    try StepCase(
      .optimizer(OptimizerUpdate(rule), count: 1), [.reals([1]), .reals([0.25]), .integers([0])],
      outputs: [.reals([2]), .reals([0.5]), .reals([1])]
    ).check([[1.5], [0.75], [1]])
  }

  @Test(arguments: [GradientClipping.norm(1), .value(1)])
  func notANumberPassesTheClipping(_ clipping: GradientClipping) throws {
    try StepCase(
      .optimizer(OptimizerUpdate(Self.descent, clipping: clipping), count: 2),
      [.reals([.nan, 1]), .reals([1]), .integers([0]), .reals([.nan])],
      outputs: [.reals([0, 0]), .reals([0, 0])]
    ).check(
      clipping == .value(1) ? [[.nan, -1.875], [.nan, 1]] : [[.nan, .nan], [.nan, .nan]])
  }
}
