extension MethodCatalog {
  static let losses: [Method] = [
    Method(
      name: "cross-entropy", kind: .loss, summary: "softmax cross-entropy on labels",
      discussion: """
        What a classifier learns without a teacher. With smoothing ε, each label gives the share ε \
        of its weight to all classes alike, which keeps the student from being too sure.
        """,
      equation: [
        "L = mean over examples of −Σ_c q_c · log softmax(s)_c",
        "q_c = (1 − ε)·[c = label] + ε / classes",
      ],
      keys: [
        weight,
        .init("label-smoothing", "0", NumberRange.belowOne.description, "ε, the share given away"),
      ],
      source: "Szegedy et al. 2016, arXiv 1512.00567, section 7, for the smoothing"),
    Method(
      name: "kd", kind: .loss,
      summary: "T²·KL of the student's softened probabilities from the teacher's",
      discussion: """
        Classic knowledge distillation: the student learns what the teacher believes of every \
        class, not only of the right one. A higher temperature T shows more of the small \
        probabilities; the factor T² keeps gradients as large as those of labels. Needs a teacher \
        with weights. In an exploration the same loss on the explored examples is called \
        kd-generated.
        """,
      equation: [
        "L = T² · mean over examples of KL( p ‖ q )",
        "p = softmax(teacher's logits / T),  q = softmax(student's logits / T)",
        "KL( p ‖ q ) = Σ_c p_c · (log p_c − log q_c)",
      ],
      keys: [
        weight,
        .init("temperature", "4", NumberRange.positive(upTo: 1000).description, "T"),
      ],
      source: "Hinton, Vinyals, Dean 2015, arXiv 1503.02531, section 2"),
    Method(
      name: "vae", kind: .loss, summary: "reconstruction and KL of a variational autoencoder",
      discussion: """
        Trains a generator: an encoder that maps pictures to a normal distribution of codes, and a \
        decoder that maps codes back. It is what a stage with an untrained generator minimises \
        without being told.
        """,
      equation: [
        "L = mean over examples of R + β·K",
        "R = −Σ_pixels [ x·log x̂ + (1 − x)·log(1 − x̂) ],  x̂ = Dec(μ + σ·ν),  ν ~ N(0, 1)",
        "K = ½ Σ_i ( μ_i² + σ_i² − 1 − log σ_i² )",
      ],
      keys: [
        weight,
        .init("kl-weight", "1", NumberRange.notNegative().description, "β, the weight of K"),
      ],
      source: "Kingma and Welling 2013, arXiv 1312.6114, equation 10"),
  ]

  private static let weight = Method.Key(
    "weight", "1", NumberRange.notNegative().description, "what multiplies the loss in the sum")
}
