import RetortCore
import RetortNN

extension VisionTransformer {
  /// Its entry in the catalog: DeiT-Ti's sizes with patches for small images.
  static let entry = entry(
    "vit-tiny", "transformer over patches of an image",
    source: "Dosovitskiy et al. 2021; sizes of Touvron et al. 2021, table 1", Sizes())

  /// timm's `vit_small_patch16_224`.
  static let smallEntry = entry(
    "vit-small", "transformer over patches of 16×16, 384 features",
    source: "Dosovitskiy et al. 2021; sizes of Touvron et al. 2021, table 1",
    Sizes(patch: 16, width: 384, heads: 6, grid: 14))

  /// timm's `deit_tiny_patch16_224`.
  static let deitEntry = entry(
    "deit-tiny", "transformer over patches of 16×16, 192 features",
    source: "Touvron et al. 2021, table 1", Sizes(patch: 16, grid: 14))

  /// timm's `vit_small_patch14_dinov2` with a head on the class token, as it makes one for `num_classes`.
  static let dinoEntry = entry(
    "dinov2-small", "transformer over patches of 14×14 with layer scale",
    source: "Oquab et al. 2023, arXiv 2304.07193",
    Sizes(patch: 14, width: 384, heads: 6, isScaled: true, grid: 37))

  /// An entry whose options begin as `sizes`.
  private static func entry(
    _ name: String, _ summary: String, source: String, _ sizes: Sizes
  ) -> ModelEntry {
    ModelEntry(
      name: name, summary: summary, source: source, role: .classifier,
      options: [
        ModelOption(
          "patch", "rows and columns of a patch; divides the image's", Double(sizes.patch),
          1...1024),
        ModelOption("width", "features of each position", Double(sizes.width), 1...16384),
        ModelOption("layers", "transformer blocks", Double(sizes.layers), 1...256),
        ModelOption(
          "heads", "attention heads; divides the width", Double(sizes.heads), 1...256,
          isUntold: true),
        ModelOption(
          "mlp-ratio", "features inside each feed-forward part, in widths",
          Double(sizes.mlpRatio), 1...64),
        ModelOption(
          "grid", "rows and columns of positions, resampled for the image; 0 for the image's own",
          Double(sizes.grid), 0...256),
        ModelOption("pooled", "1 for a head that reads the mean over patches too", 0, 0...1),
        ModelOption("distillation-token", "1 for a second token, as of DeiT's", 0, 0...1),
      ],
      make: { options, image, classes throws(ModelError) in
        let (patch, width, heads) = (
          options.int("patch"), options.int("width"), options.int("heads")
        )
        try ModelEntry.checkHeads(name, heads, width: width)
        let sizes = VisionTransformer.Sizes(
          patch: patch, width: width, layers: options.int("layers"), heads: heads,
          mlpRatio: options.int("mlp-ratio"), isScaled: sizes.isScaled, grid: options.int("grid"),
          isPooled: options.int("pooled") == 1,
          hasDistillationToken: options.int("distillation-token") == 1)
        guard let model = VisionTransformer(sizes, image: image, classes: classes) else {
          throw .unfit(
            model: name,
            reason: "patches of \(patch)×\(patch) do not tile images of "
              + "\(image.height)×\(image.width); set 'patch' to a divisor of both")
        }
        return model
      })
  }
}
