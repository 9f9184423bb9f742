import RetortCore

extension Lowering {
  /// Appends the commands of one step.
  mutating func lower(_ step: Step) throws {
    switch step.kind {
    case .pointwise: throw unsupported(step, "no kernel yet")
    case .reduce: throw unsupported(step, "no kernel yet")
    case .moments: throw unsupported(step, "no kernel yet")
    case .matmul: throw unsupported(step, "no kernel yet")
    case .convolution: throw unsupported(step, "no kernel yet")
    case .pooling: throw unsupported(step, "no kernel yet")
    case .gather: throw unsupported(step, "no kernel yet")
    case .scatterAdd: throw unsupported(step, "no kernel yet")
    case .argmax: throw unsupported(step, "no kernel yet")
    case .softmax: throw unsupported(step, "no kernel yet")
    case .crossEntropy: throw unsupported(step, "no kernel yet")
    case .divergence: throw unsupported(step, "no kernel yet")
    case .random: throw unsupported(step, "no kernel yet")
    case .latentStep: throw unsupported(step, "no kernel yet")
    case .optimizer: throw unsupported(step, "no kernel yet")
    }
  }
}
