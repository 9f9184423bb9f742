import RetortDistillation

/// A kind of recorded loss: how its losses are made of the numbers in a file.
///
/// To replay another, add a row to `all`.
struct LossKind: Sendable {
  /// The name in files.
  let name: String
  /// The losses whose sum is recorded, given the numbers and a pair of taps for each pair of tensors.
  let losses: @Sendable (CaseNumbers, [TapPair]) throws -> [any DistillationLoss]
  /// The weights of adapters, by the names of tensors that are not called `adapter.…`.
  var weights: [String: String] = [:]

  init(
    _ name: String, weights: [String: String] = [:],
    _ losses: @escaping @Sendable (CaseNumbers, [TapPair]) throws -> [any DistillationLoss]
  ) {
    (self.name, self.weights, self.losses) = (name, weights, losses)
  }

  /// Every kind.
  static let all: [LossKind] = response + features + relations + texts

  private static let response: [LossKind] = [
    LossKind("kd") { numbers, _ in [SoftTargetLoss(temperature: try numbers.temperature)] },
    LossKind("kd_with_labels") { numbers, _ in
      let alpha = try numbers.required("alpha")
      return [
        CrossEntropyLoss(weight: alpha),
        SoftTargetLoss(weight: 1 - alpha, temperature: try numbers.temperature),
      ]
    },
    LossKind("teacher_free") { numbers, _ in try numbers.teacherFree(.softened) },
    LossKind("teacher_free_authors") { numbers, _ in try numbers.teacherFree(.authors) },
    LossKind("logit_adjusted") { numbers, _ in
      [LogitAdjustedLoss(tau: try numbers.required("tau", .notNegative))]
    },
    LossKind("class_balanced") { numbers, _ in
      [
        ClassBalancedLoss(
          beta: try numbers.required("beta", .share),
          deferral: try numbers.required("defer", .share))
      ]
    },
    LossKind("ldam") { numbers, _ in
      [
        MarginLoss(
          margin: try numbers.required("margin", .notNegative),
          scale: try numbers.required("scale", .positive),
          beta: try numbers.required("beta", .share),
          deferral: try numbers.required("defer", .share))
      ]
    },
    LossKind("soft_cross_entropy") { numbers, _ in
      [SoftCrossEntropyLoss(temperature: try numbers.temperature)]
    },
    LossKind("reverse_kl") { numbers, _ in
      [ReverseDivergenceLoss(temperature: try numbers.temperature)]
    },
    LossKind("jsd") { numbers, _ in
      [
        JensenShannonLoss(
          temperature: try numbers.temperature, beta: try numbers.required("beta", .share))
      ]
    },
    LossKind("logits") { _, _ in [LogitLoss()] },
    LossKind("dkd") { numbers, _ in
      [
        DecoupledLoss(
          temperature: try numbers.temperature, alpha: try numbers.required("alpha", .notNegative),
          beta: try numbers.required("beta", .notNegative))
      ]
    },
    LossKind("dist") { numbers, _ in
      [
        CorrelationOfClassesLoss(
          temperature: try numbers.temperature, beta: try numbers.required("beta", .notNegative),
          gamma: try numbers.required("gamma", .notNegative))
      ]
    },
    LossKind("logit_standardized_kd") { numbers, _ in
      [StandardizedLoss(temperature: try numbers.temperature)]
    },
    LossKind("hard_labels") { _, _ in [HardLabelLoss()] },
    LossKind("top_k") { numbers, _ in [try numbers.topClasses(.bin)] },
    LossKind("top_k_alone") { numbers, _ in [try numbers.topClasses(.none)] },
    LossKind("sigmoid_kd") { numbers, _ in [SigmoidLoss(temperature: try numbers.temperature)] },
    LossKind("ctkd") { numbers, _ in
      [LearnedTemperatureLoss(rise: Int(try numbers.required("rise", .whole(0...1_000_000))))]
    },
    LossKind("ctkd_instance") { numbers, _ in
      [
        LearnedTemperatureLoss(
          rise: Int(try numbers.required("rise", .whole(0...1_000_000))), scope: .instance)
      ]
    },
  ]

  private static let features: [LossKind] = [
    LossKind("fitnet") { _, taps in [HintLoss(taps: taps)] },
    LossKind("simkd") { _, taps in [HintLoss(taps: taps, regressor: .projector)] },
    LossKind("attention_transfer") { numbers, taps in
      [AttentionTransferLoss(taps: taps, power: Int(try numbers.required("p", .whole(1...8))))]
    },
    LossKind("overhaul") { _, taps in [OverhaulLoss(taps: taps)] },
    LossKind(
      "vid",
      weights: [
        "W1": "0.conv1.weight", "W2": "0.conv2.weight", "W3": "0.conv3.weight",
        "log_scale": "0.scale",
      ]
    ) { numbers, taps in
      [VariationalInformationLoss(taps: taps, width: try numbers.extent(of: "W1"))]
    },
    LossKind("factor_transfer") { numbers, taps in
      [FactorTransferLoss(taps: taps, rate: try numbers.required("rate", .positive))]
    },
    LossKind("factor_transfer_map") { _, taps in [FactorTransferLoss(taps: taps, form: .map)] },
    LossKind("nst") { _, taps in [SelectivityLoss(taps: taps)] },
    LossKind("activation_boundary") { numbers, taps in
      [ActivationBoundaryLoss(taps: taps, margin: try numbers.required("margin", .notNegative))]
    },
    LossKind("hierarchical_context") { _, taps in [ReviewLoss(taps: taps)] },
    LossKind("review") { _, taps in [ReviewLoss(taps: taps)] },
    LossKind("crd") { numbers, taps in [try numbers.contrastive(taps)] },
    LossKind("crd_memory") { numbers, taps in [try numbers.contrastive(taps)] },
  ]

  private static let relations: [LossKind] = [
    LossKind("fsp") { _, taps in [FlowLoss(taps: taps)] },
    LossKind("svd") { numbers, taps in
      [
        SingularVectorLoss(
          taps: taps, vectors: Int(try numbers.required("vectors", .whole(1...16))))
      ]
    },
    LossKind("mhgd") { numbers, taps in
      [GraphAttentionLoss(taps: taps, heads: try numbers.heads)]
    },
    LossKind("rkd") { numbers, _ in
      [
        RelationLoss(
          distance: try numbers.required("distance_weight", .notNegative),
          angle: try numbers.required("angle_weight", .notNegative))
      ]
    },
    LossKind("similarity_preserving") { _, taps in [SimilarityLoss(taps: taps)] },
    LossKind("correlation_congruence") { _, taps in
      [CorrelationLoss(taps: taps, form: .neighbours)]
    },
    LossKind("correlation_kernel") { _, taps in [CorrelationLoss(taps: taps, form: .kernel)] },
    LossKind("pkt") { _, taps in [ProbabilisticLoss(taps: taps)] },
    LossKind("irg") { _, taps in [InstanceGraphLoss(taps: Array(taps.dropFirst()))] },
    LossKind("ickd") { _, taps in [ChannelCorrelationLoss(taps: taps)] },
    LossKind("affinity") { numbers, taps in
      [AffinityLoss(taps: taps, side: Int(try numbers.required("side", .whole(1...256))))]
    },
    LossKind("dissimilarity") { numbers, taps in
      let teachers = Int(try numbers.required("teachers", .whole(1...16)))
      return [
        DissimilarityLoss(
          taps: (0..<teachers).map { TapPair(student: "0", teacher: "\($0)") },
          margin: try numbers.required("margin", .notNegative))
      ]
    },
  ]

  private static let texts: [LossKind] = [
    LossKind("embedding_squared") { _, _ in [EmbeddingLoss(distance: .squared)] },
    LossKind("embedding_cosine") { _, _ in [EmbeddingLoss(distance: .cosine)] },
    LossKind("embedding_adapted") { _, _ in [EmbeddingLoss(distance: .cosine)] },
    LossKind("contrastive") { numbers, _ in
      [ContrastiveLoss(temperature: try numbers.temperature)]
    },
    LossKind("contrastive_symmetric") { numbers, _ in
      [ContrastiveLoss(temperature: try numbers.temperature, symmetric: true)]
    },
    LossKind("retrieval") { numbers, _ in [RetrievalLoss(temperature: try numbers.temperature)] },
    LossKind("retrieval_symmetric") { numbers, _ in
      [RetrievalLoss(temperature: try numbers.temperature, symmetric: true)]
    },
    LossKind("token_cosine") { _, taps in [TokenCosineLoss(taps: taps)] },
    LossKind("attention_scores") { numbers, taps in
      [AttentionScoreLoss(taps: taps, heads: try numbers.heads)]
    },
    LossKind("minilm") { numbers, taps in
      [AttentionDistributionLoss(taps: taps, heads: try numbers.heads)]
    },
    LossKind("minilm2") { numbers, taps in
      [SelfRelationLoss(taps: taps, heads: try numbers.heads)]
    },
  ]
}

extension CaseNumbers {
  fileprivate var temperature: Double { get throws { try required("temperature", .temperature) } }

  fileprivate var heads: Int { get throws { Int(try required("heads", .whole(1...1024))) } }

  fileprivate func contrastive(_ taps: [TapPair]) throws -> ContrastiveRepresentationLoss {
    ContrastiveRepresentationLoss(
      taps: taps, width: Int(try required("width", .whole(1...65536))),
      temperature: try temperature,
      negatives: Int(try optional("negatives", .whole(0...65536)) ?? 0))
  }

  /// Cross-entropy beside what a designed teacher says.
  fileprivate func teacherFree(_ form: TeacherFreeLoss.Form) throws -> [any DistillationLoss] {
    let alpha = try required("alpha", .share)
    return [
      CrossEntropyLoss(weight: 1 - alpha),
      TeacherFreeLoss(
        weight: alpha, temperature: try temperature,
        probability: try required("probability", .share), form: form),
    ]
  }

  fileprivate func topClasses(_ rest: TopClassesLoss.Rest) throws -> TopClassesLoss {
    TopClassesLoss(
      temperature: try temperature, count: Int(try required("k", .whole(1...64))), rest: rest)
  }
}
