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
  ])
  func optimizer(_ rule: OptimizerRule) throws {
    for count in [1, 37, 40_000] {
      var p = numbers(count, seed: 1)
      var state = (0..<rule.stateCount).map { numbers(count, seed: UInt64(7 + $0)).map(abs) }
      let g = numbers(count, seed: 2)
      let (rate, step) = (0.0625, 4)
      let before = [p] + state
      for i in 0..<count {
        switch rule {
        case .sgd(let momentum, let nesterov, let decay):
          let slope = g[i] + decay * p[i]
          var direction = slope
          if momentum != 0 {
            state[0][i] = momentum * state[0][i] + slope
            direction = nesterov ? slope + momentum * state[0][i] : state[0][i]
          }
          p[i] -= rate * direction
        case .adam(let beta1, let beta2, let epsilon, let decay, let decoupled):
          var slope = g[i]
          let change = decay * p[i]
          if decoupled { p[i] -= rate * change } else { slope += change }
          state[0][i] = beta1 * state[0][i] + (1 - beta1) * slope
          state[1][i] = beta2 * state[1][i] + (1 - beta2) * slope * slope
          let first = state[0][i] / (1 - Glibc.pow(beta1, Double(step + 1)))
          let second = state[1][i] / (1 - Glibc.pow(beta2, Double(step + 1)))
          p[i] -= rate * first / (second.squareRoot() + epsilon)
        }
      }
      try StepCase(
        .optimizer(rule, count: count), [.reals(g), .reals([rate]), .integers([Int32(step)])],
        outputs: before.map { .reals($0) }
      ).check([p] + state)
    }
  }
}
