import RetortSchema

extension Exploration.Kind {
  private static let paper = "Zaheer et al. 2022, \"Teacher Guided Training\", arXiv 2208.06825"

  /// The explanation of the kind, and its name in recipes.
  public var explanation: Explanation {
    let needs = needsGenerator ? "a teacher and a generator with weights" : "a teacher with weights"
    var explanation = own
    explanation.discussion += " Needs \(needs), and a loss on the teacher, such as 'kd'."
    return explanation
  }

  private var own: Explanation {
    switch self {
    case .zero:
      Explanation(
        rawValue, "random steps around an example's latent code",
        """
        Teacher guided training of order zero: new examples near the known ones, on the manifold \
        that the generator knows. The teacher labels them, and the student learns from them as \
        from the known ones. Of texts, codes are the states of all tokens, d is their deviation over \
        a batch, and Dec makes tokens, through which no gradient flows. Of pairs, 'texts' may say that queries are \
        new and documents stay, or the other way round.
        """,
        equation: ["x̃ = Dec( Enc(x) + σ·d·ν ),  ν ~ N(0, 1),  d the codes' standard deviations"],
        source: "\(Self.paper), equation 4")
    case .first:
      Explanation(
        rawValue,
        "random steps, then along the latent gradient of the disagreement with the teacher",
        """
        Teacher guided training of order one: from a random start the search climbs to where \
        teacher and student disagree most, so that every example teaches much. All networks are \
        in evaluation mode and keep their weights during the search. Of texts, codes are the states of \
        all tokens, and the gradient goes straight through the choice of tokens: what teacher and \
        student read are vectors of the tokens chosen, each from its own table E of any width, and \
        backwards these count as means of E by the decoder's softmax, the tokens before each held. \
        Each step decodes anew, which is what it costs.
        """,
        equation: [
          "z_0 = Enc(x) + σ·d·ν",
          "z_{k+1} = z_k + η · g / ‖g‖,  g = ∇_z D( teacher(Dec z_k), student(Dec z_k) )",
          "x̃ = Dec( z_K )",
          "of texts  g = ∇_z Σ_E ⟨ ∂D/∂e, softmax(Dec z_k)·E ⟩,  e = E[tokens]",
        ], source: "\(Self.paper), equation 5; steps are normalised here by default")
    case .reconstruction:
      Explanation(
        rawValue, "control: decoded codes without a step",
        "What the generator alone changes; to be compared with 'zero'.",
        equation: ["x̃ = Dec( Enc(x) )"], source: "a control of Teacher Guided Training")
    case .samples:
      Explanation(
        rawValue, "control: decoded noise, no example involved",
        "What a generator is worth without examples to start from.",
        equation: ["x̃ = Dec( ν ),  ν ~ N(0, 1)"], source: "a control of Teacher Guided Training")
    case .pixelNoise:
      Explanation(
        rawValue, "control: noise on pixels, no generator",
        "What random changes are worth off the manifold; pixels stay in [0, 1].",
        equation: ["x̃ = clamp( x + σ·ν ),  ν ~ N(0, 1)"],
        source: "a control of Teacher Guided Training")
    case .pixelGradient:
      Explanation(
        rawValue, "control: steps along the gradient by pixels, no generator",
        "What the search is worth without a generator; it tends to find adversarial examples.",
        equation: [
          "x_{k+1} = clamp( x_k + η · g / ‖g‖ ),  g = ∇_x D( teacher(x_k), student(x_k) )"
        ], source: "a control of Teacher Guided Training")
    case .mixup:
      Explanation(
        rawValue, "control: blends of two examples",
        "What labelling cheap new examples is worth; the teacher labels the blend.",
        equation: ["x̃ = a·x + (1 − a)·x',  a uniform in [0, 1],  x' the batch's next example"],
        source: "Zhang et al. 2018, arXiv 1710.09412, here labelled by the teacher")
    }
  }
}
