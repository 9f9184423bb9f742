import RetortCore
import RetortData
import RetortNN
import RetortTraining

extension OptimizerSpec {
  /// The optimizer that the spec describes.
  private var optimizer: any Optimizer {
    switch kind {
    case .sgd:
      SGD(
        learningRate: learningRate, momentum: momentum, nesterov: nesterov,
        weightDecay: weightDecay)
    case .adam:
      Adam(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: weightDecay)
    case .adamw:
      AdamW(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: weightDecay)
    case .rmsprop:
      RMSprop(
        learningRate: learningRate, alpha: alpha, epsilon: epsilon, momentum: momentum,
        centered: centered, weightDecay: weightDecay)
    }
  }

  /// Fresh state for the parameters of `store`, whose gradients come of products in `compute`.
  func state(for store: ParameterStore, _ compute: ComputeType) -> OptimizerState {
    OptimizerState(
      optimizer, clipping: clipping, averaging: averaging,
      lossScaling: compute == .fp16 ? LossScaling() : nil, for: store)
  }

  /// The schedule over `steps` optimizer steps.
  func schedule(steps: Int) -> any Schedule {
    let rest = max(1, steps - warmup)
    let main: any Schedule =
      switch schedule {
      case .constant: ConstantSchedule()
      case .step(let every, let factor): StepSchedule(period: every, gamma: factor)
      case .cosine: CosineSchedule(steps: rest)
      case .oneCycle: OneCycleSchedule(steps: rest)
      }
    return warmup > 0 ? WarmUp(steps: warmup, then: main) : main
  }
}

extension TrainSpec {
  /// How the batches of `steps` steps are drawn from examples with the given labels.
  func sampling(labels: [Int32], steps: Int) -> BatchOrder.Sampling {
    func byClass(_ exponent: Double) -> ClassSampling {
      ClassSampling(labels: labels, exponent: exponent)
    }
    return switch sampling {
    case .shuffle: .shuffled(.wrap)
    case .replacement: .replacement
    case .classBalanced: .byClass(byClass(0))
    case .squareRoot: .byClass(byClass(0.5))
    case .progressivelyBalanced: .progressive(byClass(0), over: steps * batch)
    }
  }
}
