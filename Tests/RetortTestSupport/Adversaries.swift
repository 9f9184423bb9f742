import RetortCore

/// A small generator and a small discriminator that train against each other: the discriminator is
/// updated first, and the generator follows the new one.
package struct Adversaries {
  private let backend: any Backend
  /// Whether both updates are phases of one plan, or plans of their own that run one after the other.
  private let isJoint: Bool
  private let d = Variable(name: "discriminator", count: 8 * 128)
  private let dMoment = Variable(name: "discriminator.momentum", count: 8 * 128)
  private let g = Variable(name: "generator", count: 32 * 128)

  package init(_ backend: any Backend, isJoint: Bool) {
    (self.backend, self.isJoint) = (backend, isJoint)
  }

  /// The weights of discriminator and generator after `steps` steps, and the losses of the last one.
  package func trained(steps: Int) throws -> [[Float]] {
    let session = Session(backend)
    for (variable, scale) in [(d, Float(0.4)), (g, 0.3)] {
      let values = (0..<variable.count).map { Float(($0 * 7919 + 11) % 1013) / 1013 - 0.5 }
      try session.write(values.map { $0 * scale }, to: variable)
    }
    let programs = try isJoint ? [joint(session)] : [first(session), second(session)]
    for step in 0..<steps {
      for program in programs {
        try program.setInput(0, (0..<7 * 36).map { Float(($0 * 31 + step * 17) % 97) / 97 })
        try program.setInput(1, (0..<7 * 5).map { Float(($0 * 13 + step * 7) % 89) / 44 - 1 })
        try program.setInput(2, [0.1])
        try program.setInput(3, [Int32(step)])
        try program.run()
      }
    }
    let losses =
      try isJoint
      ? [programs[0].floats(0), programs[0].floats(1)] : programs.map { try $0.floats(0) }
    return [try session.read(d), try session.read(g)] + losses
  }

  private func joint(_ session: Session) throws -> any Executable {
    let step = Step(Graph(), self)
    let (dLoss, dEffect) = step.discriminatorUpdate()
    step.graph.endPhase([dEffect])
    let (gLoss, gEffect) = step.generatorUpdate()
    return try session.compile(step.graph, outputs: [dLoss, gLoss], effects: [gEffect])
  }

  private func first(_ session: Session) throws -> any Executable {
    let step = Step(Graph(), self)
    let (loss, effect) = step.discriminatorUpdate()
    return try session.compile(step.graph, outputs: [loss], effects: [effect])
  }

  private func second(_ session: Session) throws -> any Executable {
    let step = Step(Graph(), self)
    let (loss, effect) = step.generatorUpdate()
    return try session.compile(step.graph, outputs: [loss], effects: [effect])
  }

  /// The two networks in one graph.
  private struct Step {
    let graph: Graph
    let of: Adversaries
    let images, codes, rate, step: Tensor

    init(_ graph: Graph, _ adversaries: Adversaries) {
      (self.graph, of) = (graph, adversaries)
      images = graph.input("images", [7, 6, 6, 1])
      codes = graph.input("codes", [7, 5])
      rate = graph.input("rate", [1])
      step = graph.input("step", [1], .int32)
    }

    private var discriminator: [Tensor] {
      [([4, 3, 3, 1], 0), ([4], 1), ([4, 3, 3, 4], 2), ([4], 4), ([1, 144], 5)].map {
        (shape: Shape, block: Int) in graph.variable(of.d, offset: 128 * block, shape)
      }
    }

    private var generator: [Tensor] {
      [([144, 5], 0), ([144], 8), ([1, 3, 3, 4], 12), ([1], 13)].map {
        (shape: Shape, block: Int) in graph.variable(of.g, offset: 128 * block, shape)
      }
    }

    private func fakes(_ w: [Tensor]) -> Tensor {
      let hidden = (codes.matmul(w[0], transposeB: true) + w[1]).relu().reshape(to: [7, 6, 6, 4])
      return (hidden.convolution(w[2], Convolution(padding: 1)) + w[3]).sigmoid()
    }

    private func logits(_ images: Tensor, _ w: [Tensor]) -> Tensor {
      var x = (images.convolution(w[0], Convolution(padding: 1)) + w[1]).relu()
      x = (x.convolution(w[2], Convolution(padding: 1)) + w[3]).relu()
      return x.flatten().matmul(w[4], transposeB: true)
    }

    /// The mean of `log(1 + exp(-x))`.
    private func softplus(_ x: Tensor) -> Tensor { ((-x).exp() + 1).log().mean() }

    func discriminatorUpdate() -> (Tensor, Effect) {
      let w = discriminator
      let loss =
        softplus(logits(images, w)) + softplus(-logits(fakes(generator).stopGradient(), w))
      let gradient = graph.pack(
        Array(zip(gradients(of: loss, with: w), [0, 128, 256, 512, 640])), count: of.d.count)
      let update = OptimizerUpdate(.sgd(momentum: 0.9, nesterov: false, weightDecay: 0))
      return (
        loss,
        .optimize(
          update, parameters: of.d, gradient: gradient, state: [of.dMoment], learningRate: rate,
          step: step)
      )
    }

    func generatorUpdate() -> (Tensor, Effect) {
      let w = generator
      let loss = softplus(logits(fakes(w), discriminator))
      let gradient = graph.pack(
        Array(zip(gradients(of: loss, with: w), [0, 1024, 1536, 1664])), count: of.g.count)
      let update = OptimizerUpdate(.sgd(momentum: 0, nesterov: false, weightDecay: 0))
      return (
        loss,
        .optimize(
          update, parameters: of.g, gradient: gradient, state: [], learningRate: rate, step: step)
      )
    }
  }
}
