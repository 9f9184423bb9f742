import RetortCore
import RetortNN

/// A transformer over the patches of an image, with a class token and learned positions.
///
/// Pre-norm blocks with exact GELU; the class token's features, normalised, give the logits. Keys
/// are those of timm's `VisionTransformer`, whose `vit_tiny_patch16_224` has these sizes with
/// patches of 16×16.
///
/// Source: [Dosovitskiy et al. 2021](https://arxiv.org/abs/2010.11929), section 3.1; the sizes are
/// those of DeiT-Ti, [Touvron et al. 2021](https://arxiv.org/abs/2012.12877), table 1.
public final class VisionTransformer: Module {
  /// The sizes of a transformer.
  public struct Sizes: Hashable, Sendable {
    /// Rows and columns of a patch; divides the image's.
    public var patch: Int
    /// Features of each position.
    public var width: Int
    /// Transformer blocks.
    public var layers: Int
    /// Attention heads; divides the width.
    public var heads: Int
    /// Features inside each block's feed-forward part, in widths.
    public var mlpRatio: Int

    /// ViT-tiny's sizes, with patches for small images, unless told otherwise.
    public init(
      patch: Int = 4, width: Int = 192, layers: Int = 12, heads: Int = 3, mlpRatio: Int = 4
    ) {
      (self.patch, self.width, self.layers) = (patch, width, layers)
      (self.heads, self.mlpRatio) = (heads, mlpRatio)
    }
  }

  /// The first position's vector, `[1, 1, width]`.
  public let clsToken: Parameter
  /// A vector for the class token and for each patch, row by row, `[1, 1 + patches, width]`.
  public let posEmbed: Parameter
  /// A convolution whose windows are the patches.
  public let patchEmbed: Conv2d
  /// The transformer blocks.
  public let blocks: Sequential
  /// Follows the last block.
  public let norm: LayerNorm
  /// From the class token's features to logits.
  public let head: Linear

  /// A transformer for images of the given size; nil where patches do not tile them.
  public init?(_ sizes: Sizes, image: ImageSize, classes: Int) {
    let patch = sizes.patch
    guard image.height % patch == 0, image.width % patch == 0 else { return nil }
    let count = image.height / patch * (image.width / patch)
    clsToken = Parameter([1, 1, sizes.width], .normal(deviation: 1e-6))
    posEmbed = Parameter([1, 1 + count, sizes.width], .normal(deviation: 0.02))
    patchEmbed = Conv2d(image.channels, sizes.width, kernel: patch, stride: patch)
    blocks = Sequential((0..<sizes.layers).map { _ in VisionTransformerBlock(sizes) })
    norm = LayerNorm(sizes.width, epsilon: 1e-6)
    head = Linear.visionTransformer(sizes.width, classes)
  }

  public override var renamed: [String: String] { ["patchEmbed": "patch_embed.proj"] }

  public override func forward(_ x: Tensor) -> Tensor {
    let patches = patchEmbed(x)
    guard patches.shape.rank == 4 else { return patches }
    let (batch, width) = (patches.shape[0], patches.shape[3])
    let token = clsToken.tensor.broadcast(to: [batch, 1, width])
    let sequence = Tensor.concatenate([token, patches.reshape([batch, -1, width])], axis: 1)
    let states = blocks(sequence + posEmbed.tensor)
    // Rows are normalised one by one, so the others need not be.
    return head(norm(states.slice(axis: 1, 0..<1).reshape([batch, width])))
  }
}

/// Self-attention and a feed-forward part, each of the normalised input and added to it.
///
/// Source: [Dosovitskiy et al. 2021](https://arxiv.org/abs/2010.11929), equations 2 and 3.
public final class VisionTransformerBlock: Module {
  /// Precedes the attention.
  public let norm1: LayerNorm
  /// Makes queries, keys and values, in this order.
  public let qkv: Linear
  /// Mixes the heads.
  public let proj: Linear
  /// Precedes the feed-forward part.
  public let norm2: LayerNorm
  /// From the width to the feed-forward width, then GELU.
  public let fc1: Linear
  /// Back to the width.
  public let fc2: Linear
  private let heads: Int

  /// A block of the given sizes.
  public init(_ sizes: VisionTransformer.Sizes) {
    let (width, inner) = (sizes.width, sizes.mlpRatio * sizes.width)
    norm1 = LayerNorm(width, epsilon: 1e-6)
    qkv = Linear.visionTransformer(width, 3 * width)
    proj = Linear.visionTransformer(width, width)
    norm2 = LayerNorm(width, epsilon: 1e-6)
    fc1 = Linear.visionTransformer(width, inner)
    fc2 = Linear.visionTransformer(inner, width)
    heads = sizes.heads
  }

  public override var renamed: [String: String] {
    ["qkv": "attn.qkv", "proj": "attn.proj", "fc1": "mlp.fc1", "fc2": "mlp.fc2"]
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let attended = x + proj(attended(norm1(x)))
    return attended + fc2(fc1(norm2(attended)).gelu())
  }

  private func attended(_ x: Tensor) -> Tensor {
    let packed = qkv(x)  // [batch, length, 3 · width]
    let width = packed.shape[-1] / 3
    func part(_ index: Int) -> Tensor {
      packed.slice(axis: -1, index * width..<(index + 1) * width)
    }
    return attention(query: part(0), key: part(1), value: part(2), heads: heads, mask: nil)
  }
}

extension Linear {
  /// A layer drawn as timm's transformers are.
  fileprivate static func visionTransformer(_ inputs: Int, _ outputs: Int) -> Linear {
    Linear(inputs, outputs, initialiser: .normal(deviation: 0.02), biasInitialiser: .zeros)
  }
}

extension VisionTransformer {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "vit-tiny", summary: "transformer over patches of an image",
    source: "Dosovitskiy et al. 2021; sizes of Touvron et al. 2021, table 1", role: .classifier,
    options: [
      ModelOption("patch", "rows and columns of a patch; divides the image's", 4, 1...1024),
      ModelOption("width", "features of each position", 192, 1...16384),
      ModelOption("layers", "transformer blocks", 12, 1...256),
      ModelOption("heads", "attention heads; divides the width", 3, 1...256, isUntold: true),
      ModelOption("mlp-ratio", "features inside each feed-forward part, in widths", 4, 1...64),
    ],
    make: { options, image, classes throws(ModelError) in
      let (patch, width, heads) = (
        options.int("patch"), options.int("width"), options.int("heads")
      )
      try ModelEntry.checkHeads("vit-tiny", heads, width: width)
      let sizes = VisionTransformer.Sizes(
        patch: patch, width: width, layers: options.int("layers"), heads: heads,
        mlpRatio: options.int("mlp-ratio"))
      guard let model = VisionTransformer(sizes, image: image, classes: classes) else {
        throw .unfit(
          model: "vit-tiny",
          reason: "patches of \(patch)×\(patch) do not tile images of "
            + "\(image.height)×\(image.width); set 'patch' to a divisor of both")
      }
      return model
    })
}
