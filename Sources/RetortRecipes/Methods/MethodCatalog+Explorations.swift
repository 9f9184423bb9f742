import RetortDistillation

extension MethodCatalog {
  static let explorations: [Method] = Exploration.Order.allCases.map(method)

  private static let paper = "Zaheer et al. 2022, \"Teacher Guided Training\", arXiv 2208.06825"

  private static func method(_ order: Exploration.Order) -> Method {
    switch order {
    case .zero:
      exploration(
        order, "random steps around an example's latent code",
        """
        Teacher guided training of order zero: new examples near the known ones, on the manifold \
        that the generator knows. The teacher labels them, and the student learns from them as \
        from the known ones.
        """, ["x̃ = Dec( Enc(x) + σ·d·ν ),  ν ~ N(0, 1),  d the codes' standard deviations"],
        [noise, box], "\(paper), equation 4")
    case .first:
      exploration(
        order, "random steps, then along the latent gradient of the disagreement with the teacher",
        """
        Teacher guided training of order one: from a random start the search climbs to where \
        teacher and student disagree most, so that every example teaches much. All networks are \
        in evaluation mode and keep their weights during the search.
        """,
        [
          "z_0 = Enc(x) + σ·d·ν",
          "z_{k+1} = z_k + η · g / ‖g‖,  g = ∇_z D( teacher(Dec z_k), student(Dec z_k) )",
          "x̃ = Dec( z_K )",
        ], ascent + [noise, box], "\(paper), equation 5; steps are normalised here by default")
    case .reconstruction:
      exploration(
        order, "control: decoded codes without a step",
        "What the generator alone changes; to be compared with 'zero'.", ["x̃ = Dec( Enc(x) )"],
        [box], "a control of Teacher Guided Training")
    case .samples:
      exploration(
        order, "control: decoded noise, no example involved",
        "What a generator is worth without examples to start from.",
        ["x̃ = Dec( ν ),  ν ~ N(0, 1)"], [], "a control of Teacher Guided Training")
    case .pixelNoise:
      exploration(
        order, "control: noise on pixels, no generator",
        "What random changes are worth off the manifold; pixels stay in [0, 1].",
        ["x̃ = clamp( x + σ·ν ),  ν ~ N(0, 1)"],
        [
          .init(
            "noise", "1", NumberRange.notNegative(upTo: 1000).description, "σ, in pixels' units")
        ],
        "a control of Teacher Guided Training")
    case .pixelGradient:
      exploration(
        order, "control: steps along the gradient by pixels, no generator",
        "What the search is worth without a generator; it tends to find adversarial examples.",
        ["x_{k+1} = clamp( x_k + η · g / ‖g‖ ),  g = ∇_x D( teacher(x_k), student(x_k) )"],
        ascent, "a control of Teacher Guided Training")
    case .mixup:
      exploration(
        order, "control: blends of two examples",
        "What labelling cheap new examples is worth; the teacher labels the blend.",
        ["x̃ = a·x + (1 − a)·x',  a uniform in [0, 1],  x' the batch's next example"],
        [], "Zhang et al. 2018, arXiv 1710.09412, here labelled by the teacher")
    }
  }

  private static func exploration(
    _ order: Exploration.Order, _ summary: String, _ discussion: String, _ equation: [String],
    _ keys: [Method.Key], _ source: String
  ) -> Method {
    let needs =
      order.needsGenerator ? "a teacher and a generator with weights" : "a teacher with weights"
    return Method(
      name: order.rawValue, kind: .exploration, summary: summary,
      discussion: "\(discussion) Needs \(needs), and a loss of kind 'kd'.", equation: equation,
      keys: keys + common, source: source)
  }

  private static let noise = Method.Key(
    "noise", "1", NumberRange.notNegative(upTo: 1000).description,
    "σ, in standard deviations of each coordinate of the codes")
  private static let box = Method.Key(
    "box", "false", "true or false", "whether codes stay in the range of the examples' codes")

  private static let ascent: [Method.Key] = [
    .init("steps", "2", "from 0 to 64", "K, the steps of the ascent"),
    .init(
      "step", "{displacement: 0.3}", NumberRange.positive().description,
      "displacement (all steps together, as a share of the mean norm), normalised (η), or plain (η "
        + "without ‖g‖)"),
    .init("divergence", "kl", "kl, reverse-kl, jsd or l2", "D, what the ascent increases"),
    .init("beta", "0.5", NumberRange.insideUnit.description, "the mixture of D = jsd"),
    .init(
      "temperature", "1", NumberRange.positive(upTo: 1000).description, "the temperature of D"),
  ]

  private static let common: [Method.Key] = [
    .init("ratio", "1", NumberRange.positive(upTo: 64).description, "new examples per known one"),
    .init(
      "weight", "1", NumberRange.notNegative().description,
      "what multiplies the distillation loss on new examples"),
    .init(
      "statistics", "separate", "separate or joint",
      "whether known and new examples pass the student's batch norms together"),
  ]
}
