import RetortData

extension MethodCatalog {
  static let augmentations: [Method] = [
    Method(
      name: "shift", kind: .augmentation, summary: "moves pictures by a few pixels at random",
      discussion: """
        Every time a picture is used it is moved up or down and left or right by up to so many \
        pixels, each distance equally likely. The same as torchvision's RandomCrop of the picture's \
        own size with that padding. What comes in is zeros, the border's pixels (edge), or the \
        picture mirrored at its border (reflect).
        """,
      equation: ["x'[r, c] = x[r − d, c − e],  d and e uniform in −s … s"],
      keys: [
        .init("shift", "0", "from 0 to 1024", "s, in pixels; 0 for none"),
        .init("padding", "zero", "zero, edge or reflect", "what comes in from outside"),
      ], source: "He et al. 2016, arXiv 1512.03385, section 4.2, with a shift of 4"),
    Method(
      name: "flip", kind: .augmentation, summary: "mirrors every second picture, at random",
      discussion: "Left and right change places, before a shift. Not for digits or letters.",
      equation: ["x'[r, c] = x[r, W − 1 − c]  with probability ½"],
      keys: [.init("flip", "false", "true or false", "whether pictures are mirrored")],
      source: "He et al. 2016, arXiv 1512.03385, section 4.2"),
    Method(
      name: "cutout", kind: .augmentation, summary: "blanks a square anywhere in each picture",
      discussion: """
        The square's centre is uniform over the picture, and what lies outside is cut off, so that \
        some pictures lose less. It is filled with zeros, as is what a shift brings in; the paper \
        fills it with the mean of the pictures.
        """,
      equation: [
        "x'[r, c] = 0  where  −⌊a/2⌋ ≤ r − r₀ < ⌈a/2⌉  and  −⌊a/2⌋ ≤ c − c₀ < ⌈a/2⌉",
        "(r₀, c₀) uniform over the picture",
      ],
      keys: [.init("cutout", "0", "from 0 to 1024", "a, the square's side in pixels; 0 for none")],
      source: "DeVries and Taylor 2017, arXiv 1708.04552, section 3.2"),
  ]

  static let samplings: [Method] = TrainSpec.Sampling.allCases.map(method)

  private static let paper = "Kang et al. 2020, arXiv 1910.09217"

  private static func method(_ sampling: TrainSpec.Sampling) -> Method {
    switch sampling {
    case .shuffle:
      self.sampling(
        sampling, "every example once an epoch, in random order",
        """
        The default. Every batch is full: where an epoch does not divide into batches, its last \
        examples and the first of the next epoch share one. So 6 epochs of 300 examples in batches \
        of 200 are 9 steps, and each example is used once in each epoch.
        """,
        ["epoch e is the examples in the order of a random permutation π_e"], "the usual way")
    case .replacement:
      self.sampling(
        sampling, "each example drawn on its own, all alike",
        "The paper's instance-balanced sampling: large classes are drawn often.",
        ["P(class j) = n_j / Σ_i n_i"], "\(paper), equation 1 with q = 1")
    case .classBalanced:
      self.sampling(
        sampling, "all classes alike, then an example of the class",
        "For unequal classes. Examples of small classes come up again and again.",
        ["P(class j) = 1 / classes"], "\(paper), equation 1 with q = 0")
    case .squareRoot:
      self.sampling(
        sampling, "classes by the square root of their sizes",
        "Half way between 'replacement' and 'class-balanced'.",
        ["P(class j) = √n_j / Σ_i √n_i"], "\(paper), equation 1 with q = ½")
    case .progressivelyBalanced:
      self.sampling(
        sampling, "from 'replacement' to 'class-balanced' while training goes on",
        "Features are learnt from all examples first, a balanced decision at the end.",
        ["P(class j) = (1 − t/T)·n_j / Σ_i n_i + t/T · 1 / classes,  example t of T in all"],
        "\(paper), equation 2, there by whole epochs")
    }
  }

  private static func sampling(
    _ sampling: TrainSpec.Sampling, _ summary: String, _ discussion: String, _ equation: [String],
    _ source: String
  ) -> Method {
    Method(
      name: sampling.rawValue, kind: .sampling, summary: summary, discussion: discussion,
      equation: equation, keys: [], source: source)
  }
}
