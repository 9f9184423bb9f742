import Glibc

@testable import RetortCore

/// The updates in float64, with hyperparameters read as decimal numbers.
struct OptimizerOracle {
  let update: OptimizerUpdate
  private(set) var w, average: [Double]
  private var first, second, largest, velocity: [Double]
  /// How much of the decay each parameter takes.
  private let decaying: [Double]
  private var t = 0.0

  init(_ update: OptimizerUpdate, _ w: [Float], decaying: [Float]) {
    self.update = update
    self.decaying = update.decaysPartly ? decaying.map(Double.init) : w.map { _ in 1 }
    self.w = w.map(Double.init)
    first = w.map { _ in 0 }
    (second, largest, velocity, average) = (first, first, first, first)
  }

  /// - Parameter momentum: The step's own, or its β₁; nil for the rule's.
  mutating func step(_ gradients: [Float], rate: Double, momentum: Double? = nil) {
    t += 1
    let norm = norm(gradients)
    for (i, gradient) in gradients.enumerated() {
      var g = Double(gradient)
      switch update.clipping {
      case .norm(let limit): g *= min(1, limit / (norm + 1e-6))
      case .value(let limit): g = min(max(g, -limit), limit)
      case nil: break
      }
      follow(i, g, rate, momentum)
      switch update.averaging {
      case .exponential(let decay, let from):
        average[i] = Int(t) <= from + 1 ? w[i] : decay * average[i] + (1 - decay) * w[i]
      case .equal(let from):
        let count = max(1, t - Double(from))
        average[i] = (average[i] * (count - 1) + w[i]) / count
      case nil: break
      }
    }
  }

  private mutating func follow(_ i: Int, _ gradient: Double, _ rate: Double, _ own: Double?) {
    var g = gradient
    switch update.rule {
    case .sgd(let fixed, let dampening, let nesterov, let decay):
      let momentum = own ?? fixed
      g += decay * decaying[i] * w[i]
      velocity[i] = t == 1 ? g : momentum * velocity[i] + (1 - dampening) * g
      w[i] -= rate * (nesterov ? g + momentum * velocity[i] : velocity[i])
    case .adam(let fixed, let beta2, let epsilon, let decay, let decoupled, let amsgrad):
      let beta1 = own ?? fixed
      let change = decay * decaying[i]
      if decoupled { w[i] *= 1 - rate * change } else { g += change * w[i] }
      first[i] = beta1 * first[i] + (1 - beta1) * g
      second[i] = beta2 * second[i] + (1 - beta2) * g * g
      largest[i] = max(largest[i], second[i])
      let square = amsgrad ? largest[i] : second[i]
      let denominator = sqrt(square) / sqrt(1 - pow(beta2, t)) + epsilon
      w[i] -= rate / (1 - pow(beta1, t)) * first[i] / denominator
    case .rmsprop(let alpha, let epsilon, let fixed, let centered, let decay):
      let momentum = own ?? fixed
      g += decay * decaying[i] * w[i]
      first[i] = alpha * first[i] + (1 - alpha) * g
      second[i] = alpha * second[i] + (1 - alpha) * g * g
      let variance = second[i] - (centered ? first[i] * first[i] : 0)
      velocity[i] = momentum * velocity[i] + g / (sqrt(variance) + epsilon)
      w[i] -= rate * velocity[i]
    }
  }
}

/// The Euclidean norm of all elements together.
func norm(_ values: [Float]) -> Double {
  sqrt(values.reduce(0) { $0 + Double($1) * Double($1) })
}
