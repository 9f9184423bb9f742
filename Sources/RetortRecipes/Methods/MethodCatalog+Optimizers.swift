extension MethodCatalog {
  static let optimizers: [Method] = OptimizerSpec.Kind.allCases.map(method)

  private static func method(_ kind: OptimizerSpec.Kind) -> Method {
    switch kind {
    case .sgd:
      optimizer(
        kind, "stochastic gradient descent with momentum",
        "The velocity v adds up gradients, so that steps along a valley grow and across it cancel.",
        ["v = momentum·v + g;  p −= rate·v", "nesterov: p −= rate·(g + momentum·v)"],
        [
          momentum("0.9"),
          .init("nesterov", "false", "true or false", "whether the step looks ahead along v"),
        ], "Sutskever et al. 2013; PyTorch's SGD")
    case .adam:
      optimizer(
        kind, "mean gradients divided by the root of their mean square",
        "Every weight has a step of its own, about as large as the learning rate.", moments,
        adamKeys, "Kingma and Ba 2015, arXiv 1412.6980, algorithm 1")
    case .adamw:
      optimizer(
        kind, "Adam whose weight decay is no part of the gradient",
        "All weights shrink by the same share per step, however large their gradients are.",
        ["p −= rate·weight-decay·p"] + moments, adamKeys,
        "Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2")
    case .rmsprop:
      optimizer(
        kind, "gradients divided by the root of their mean square",
        "As Adam without the mean of gradients: it follows what changes fast.",
        [
          "s = alpha·s + (1 − alpha)·g²",
          "v = momentum·v + g / (√s + epsilon);  p −= rate·v",
          "centered: √(s − m²) in place of √s,  m = alpha·m + (1 − alpha)·g",
        ],
        [
          .init("alpha", "0.99", NumberRange.belowOne.description, "the decay of s"), epsilon,
          momentum("0"),
          .init("centered", "false", "true or false", "whether to divide by a deviation"),
        ], "Tieleman and Hinton 2012; Graves 2013, arXiv 1308.0850; PyTorch's RMSprop")
    }
  }

  private static func optimizer(
    _ kind: OptimizerSpec.Kind, _ summary: String, _ discussion: String, _ equation: [String],
    _ keys: [Method.Key], _ source: String
  ) -> Method {
    Method(
      name: kind.rawValue, kind: .optimizer, summary: summary,
      discussion: """
        \(discussion) All kinds can clip gradients, and keep a mean of the weights, which is then \
        evaluated and exported instead of the last weights; batch norms keep their last statistics.
        """, equation: equation, keys: keys + common, source: source)
  }

  private static let moments = [
    "m = beta1·m + (1 − beta1)·g;  v = beta2·v + (1 − beta2)·g²",
    "p −= rate · m / (1 − beta1ᵗ) / (√(v / (1 − beta2ᵗ)) + epsilon)",
  ]
  private static let adamKeys: [Method.Key] = [
    .init("beta1", "0.9", NumberRange.belowOne.description, "the decay of m"),
    .init("beta2", "0.999", NumberRange.belowOne.description, "the decay of v"), epsilon,
  ]
  private static let epsilon = Method.Key(
    "epsilon", "1e-8", NumberRange.positive(upTo: 1).description, "added to the root")
  private static func momentum(_ standard: String) -> Method.Key {
    .init("momentum", standard, NumberRange.belowOne.description, "the share of v that stays")
  }

  private static let common: [Method.Key] = [
    .init("learning-rate", "0.001", NumberRange.positive(upTo: 1000).description, "the rate"),
    .init(
      "weight-decay", "0", NumberRange.notNegative(upTo: 1000).description,
      "the share of p that is added to g, but for adamw"),
    .init(
      "schedule", "{kind: constant}", "a map",
      "kind: constant, step (every, factor), cosine or one-cycle; warmup: steps"),
    .init(
      "clip-norm", nil, NumberRange.positive().description,
      "the largest norm of all gradients together; logged as gradient-norm"),
    .init(
      "clip-value", nil, NumberRange.positive().description,
      "the largest magnitude of a gradient's element"),
    .init(
      "average", nil, "a map",
      "kind: exponential (decay: 0.999) or equal; from: how many steps to leave out"),
  ]
}
