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
  ]

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
  ]
}
