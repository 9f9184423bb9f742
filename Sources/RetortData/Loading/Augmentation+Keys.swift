import RetortCore
import RetortSchema

extension Augmentation: Configurable {
  /// No augmentation.
  public init() { self.init(shift: 0) }

  /// The keys of `augment`.
  public static let keys: [Key<Augmentation>] = [
    .int("shift", \.shift, 0...1024, "the most pixels that pictures are moved by; 0 for none"),
    .choice("padding", \.padding, "what comes in from outside")
      .only(where: { $0.shift > 0 }, not: "a shift of 0", but: ["a shift of 1 or more"]),
    .bool("flip", \.flip, "whether every second picture is mirrored"),
    .int("cutout", \.cutout, 0...1024, "the side in pixels of a square of zeros; 0 for none")
      .omittedAtDefault(),
    .number(
      "crop", \.crop, .unit, "the least share of the area of random parts, scaled; 0 for none"
    ).omittedAtDefault(),
    .map("jitter", \.jitter, "the most that brightness, contrast, saturation and hue change")
      .omittedAtDefault(),
    .map("randaugment", \.randAugment, "changes drawn from fourteen, all as strong"),
    .number(
      "mix-up", \.mixup, .notNegative(upTo: 100),
      "α of the weights that pictures and labels are mixed with; 0 for none"
    ).alias("mixup").omittedAtDefault(),
    .number(
      "cut-mix", \.cutmix, .notNegative(upTo: 100),
      "α of the shares that pictures get of others, with their labels; 0 for none"
    ).alias("cutmix").omittedAtDefault(),
    .int(
      "draws", \.draws, 0...65536, "how many times each picture is changed anew; 0 for each time"
    ).omittedAtDefault(),
  ]

  /// What is repeated has to be a picture's own.
  public var faults: [KeyFault] {
    guard draws > 0 else { return [] }
    var plain = self
    plain.draws = 0
    if plain == .none {
      return [
        KeyFault(
          "draws",
          "'draws' repeats what a picture is changed by, and nothing is; give 'shift', 'flip', 'cutout', 'crop', 'jitter' or "
            + "'randaugment' too")
      ]
    }
    return mixes
      ? [
        KeyFault(
          "draws",
          "'draws' repeats what a picture is changed by, and mixing depends on its batch; take away either"
        )
      ] : []
  }

  /// The explanation of each augmentation, in the order of the keys.
  public static let explanations = [
    Explanation(
      "shift", "moves pictures by a few pixels at random",
      """
      Every time a picture is used it is moved up or down and left or right by up to so many \
      pixels, each distance equally likely. The same as torchvision's RandomCrop of the picture's \
      own size with that padding. What comes in is zeros, the border's pixels (edge), or the \
      picture mirrored at its border (reflect).
      """, equation: ["x'[r, c] = x[r − d, c − e],  d and e uniform in −s … s"],
      source: "He et al. 2016, arXiv 1512.03385, section 4.2, with a shift of 4"),
    Explanation(
      "flip", "mirrors every second picture, at random",
      "Left and right change places, before a shift. Not for digits or letters.",
      equation: ["x'[r, c] = x[r, W − 1 − c]  with probability ½"],
      source: "He et al. 2016, arXiv 1512.03385, section 4.2"),
    Explanation(
      "cutout", "blanks a square anywhere in each picture",
      """
      The square's centre is uniform over the picture, and what lies outside is cut off, so that \
      some pictures lose less. It is filled with zeros, as is what a shift brings in; the paper \
      fills it with the mean of the pictures.
      """,
      equation: [
        "x'[r, c] = 0  where  −⌊a/2⌋ ≤ r − r₀ < ⌈a/2⌉  and  −⌊a/2⌋ ≤ c − c₀ < ⌈a/2⌉",
        "(r₀, c₀) uniform over the picture",
      ], source: "DeVries and Taylor 2017, arXiv 1708.04552, section 3.2"),
    Explanation(
      "crop", "shows a random part of each picture in its place, scaled",
      """
      The part has at least this share of the picture's area, each share up to the whole equally likely, and a \
      shape from 3 : 4 to 4 : 3. The same as torchvision's RandomResizedCrop; 0.08 is usual for photographs. The \
      host does it, bilinear with antialiasing, before all other augmentation. Pictures in files are decoded anew \
      each time.
      """,
      equation: [
        "area of the part = u · area,  u uniform in c … 1",
        "width / height = r,  log r uniform in log 3/4 … log 4/3",
      ], source: "Szegedy et al. 2015, arXiv 1409.4842, section 6"),
    Explanation(
      "jitter", "changes brightness, contrast, saturation and hue at random",
      """
      Each factor is uniform from 1 − its key, but not below 0, to 1 + its key, and hues are turned by up to \
      'hue' of the circle, in a random order. Colours are rounded after each. The same as torchvision's \
      ColorJitter; 0.4 for the first three and 0.1 are usual. The host does it, after crop.
      """,
      equation: [
        "brightness: x' = f·x    contrast: x' = f·x + (1 − f)·mean grey    saturation: x' = f·x + (1 − f)·grey"
      ], source: "torchvision's ColorJitter"),
    Explanation(
      "randaugment", "changes each picture in a few ways drawn from fourteen",
      """
      Shear, translation, rotation, brightness, saturation, contrast, sharpness, posterize, solarize, \
      autocontrast, equalize, or none, each equally likely and as strong as 'magnitude' of 30 says, in either \
      direction. The same as torchvision's RandAugment with the nearest pixel and zeros outside. The host does \
      it, after jitter.
      """, equation: ["x' = f₂(f₁(x)),  each f one of fourteen, of strength magnitude / 30"],
      source: "Cubuk, Zoph, Shlens, Le 2019, arXiv 1909.13719"),
    Explanation(
      "mix-up", "mixes each picture and label with those before it in the batch",
      """
      One weight for all of a batch. Teachers see the mixed pictures, and cross-entropy is that of both labels, by \
      their weights, which is that of the mixed label. The same as torchvision's MixUp. Where cut-mix is asked for \
      too, each batch is mixed by one of them.
      """,
      equation: [
        "x' = w·x + (1 − w)·x₋₁,  q' = w·q + (1 − w)·q₋₁,  w of the distribution Beta(α, α)"
      ], source: "Zhang, Cisse, Dauphin, Lopez-Paz 2017, arXiv 1710.09412"),
    Explanation(
      "cut-mix", "puts a part of the picture before it in the batch into each picture",
      """
      A part of the picture's shape at a random place, the same for all of a batch, what lies outside cut off. \
      Labels are mixed by areas, as mix-up does by weights. The same as torchvision's CutMix.
      """,
      equation: [
        "side of the part = √(1 − w) · side,  w of the distribution Beta(α, α)",
        "q' = (1 − a)·q + a·q₋₁,  a the part's share of the area",
      ], source: "Yun et al. 2019, arXiv 1905.04899"),
    Explanation(
      "draws", "repeats a few changes of each picture, so that a teacher is asked once about each",
      """
      A picture has so many draws, which do not depend on the recipe's seed, and takes the next one in each epoch. What \
      teachers say of all of them is computed once before the first step, looked up in each, and kept by 'cache' for \
      other runs. The same as soft labels that are stored with the parameters of their crops. Not with mixing.
      """, equation: ["draw of a picture = epoch mod draws"],
      source: "Shen and Xing 2021, arXiv 2112.01528; Wu et al. 2022, arXiv 2207.10666, section 3.1"),
  ]
}
