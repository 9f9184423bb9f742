import RetortCore
import RetortNN

/// A transformer over the patches of an image, with a class token and learned positions.
///
/// Pre-norm blocks with exact GELU; the class token's features, normalised, give the logits. Keys
/// are those of timm's `VisionTransformer`, of which `VisionTransformer+Entries.swift` names sizes. Weights
/// have positions for the patches of the pictures that they were trained with; for others they are resampled,
/// as timm does it with `dynamic_img_size`.
///
/// Source: [Dosovitskiy et al. 2021](https://arxiv.org/abs/2010.11929), section 3.1.
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
    /// Whether each block's two parts are scaled per feature before they are added.
    public var isScaled: Bool
    /// Rows and columns of the positions that weights have; 0 for those of the image.
    public var grid: Int
    /// Whether the head reads the mean over patches too, behind the class token's features.
    public var isPooled: Bool
    /// Whether a second token, of DeiT's distillation, stands behind the class token.
    public var hasDistillationToken: Bool

    /// ViT-tiny's sizes, with patches for small images, unless told otherwise.
    public init(
      patch: Int = 4, width: Int = 192, layers: Int = 12, heads: Int = 3, mlpRatio: Int = 4,
      isScaled: Bool = false, grid: Int = 0, isPooled: Bool = false,
      hasDistillationToken: Bool = false
    ) {
      (self.patch, self.width, self.layers) = (patch, width, layers)
      (self.heads, self.mlpRatio, self.isScaled) = (heads, mlpRatio, isScaled)
      (self.grid, self.isPooled) = (grid, isPooled)
      self.hasDistillationToken = hasDistillationToken
    }
  }

  /// The first position's vector, `[1, 1, width]`.
  public let clsToken: Parameter
  /// The vector of the token that DeiT distils into, `[1, 1, width]`; nil where there is none.
  public let distToken: Parameter?
  /// A vector for each token and for each place of the grid, row by row, `[1, tokens + places, width]`.
  public let posEmbed: Parameter
  /// A convolution whose windows are the patches.
  public let patchEmbed: Conv2d
  /// The transformer blocks.
  public let blocks: Sequential
  /// Follows the last block.
  public let norm: LayerNorm
  /// From the class token's features, or those and the mean over patches, to logits.
  public let head: Linear
  private let grid: PatchGrid
  private let image: PatchGrid
  private let tokens: Int
  private let isPooled: Bool

  /// A transformer for images of the given size; nil where patches do not tile them.
  public init?(_ sizes: Sizes, image: ImageSize, classes: Int) {
    let patch = sizes.patch
    guard image.height % patch == 0, image.width % patch == 0 else { return nil }
    self.image = PatchGrid(rows: image.height / patch, columns: image.width / patch)
    grid = sizes.grid > 0 ? PatchGrid(rows: sizes.grid, columns: sizes.grid) : self.image
    clsToken = Parameter([1, 1, sizes.width], .normal(deviation: 1e-6))
    distToken =
      sizes.hasDistillationToken
      ? Parameter([1, 1, sizes.width], .normal(deviation: 1e-6)) : nil
    (tokens, isPooled) = (sizes.hasDistillationToken ? 2 : 1, sizes.isPooled)
    posEmbed = Parameter([1, tokens + grid.count, sizes.width], .normal(deviation: 0.02))
    patchEmbed = Conv2d(image.channels, sizes.width, kernel: patch, stride: patch)
    blocks = Sequential((0..<sizes.layers).map { _ in VisionTransformerBlock(sizes) })
    norm = LayerNorm(sizes.width, epsilon: 1e-6)
    head = Linear.visionTransformer(sizes.isPooled ? 2 * sizes.width : sizes.width, classes)
  }

  public override var renamed: [String: String] { ["patchEmbed": "patch_embed.proj"] }

  public override func forward(_ x: Tensor) -> Tensor {
    let patches = patchEmbed(x)
    guard patches.shape.rank == 4 else { return patches }
    let (batch, width) = (patches.shape[0], patches.shape[3])
    let first = [clsToken, distToken].compactMap { $0?.tensor.broadcast(to: [batch, 1, width]) }
    let sequence = Tensor.concatenate(first + [patches.reshape([batch, -1, width])], axis: 1)
    let states = blocks(sequence + positions)
    guard isPooled else {
      // Rows are normalised one by one, so the others need not be.
      return head(norm(states.slice(axis: 1, 0..<1).reshape([batch, width])))
    }
    let normal = norm(states)
    let own = normal.slice(axis: 1, 0..<1).reshape([batch, width])
    let mean = normal.slice(axis: 1, tokens..<normal.shape[1]).mean(axes: [1])
    return head(Tensor.concatenate([own, mean], axis: 1))
  }

  /// The vectors of tokens and patches, `[1, tokens + patches, width]`.
  private var positions: Tensor {
    let own = posEmbed.tensor
    guard grid != image else { return own }
    let (places, width) = (own.shape[1], own.shape[2])
    let weights = own.graph.constant(grid.resampling(to: image), [image.count, grid.count])
    let patches = own.slice(axis: 1, tokens..<places).reshape([grid.count, width])
    let resampled = weights.matmul(patches).reshape([1, image.count, width])
    return Tensor.concatenate([own.slice(axis: 1, 0..<tokens), resampled], axis: 1)
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
  /// Scales the attention's part; nil where none is scaled.
  public let ls1: LayerScale?
  /// Precedes the feed-forward part.
  public let norm2: LayerNorm
  /// From the width to the feed-forward width, then GELU.
  public let fc1: Linear
  /// Back to the width.
  public let fc2: Linear
  /// Scales the feed-forward part; nil where none is scaled.
  public let ls2: LayerScale?
  private let heads: Int

  /// A block of the given sizes.
  public init(_ sizes: VisionTransformer.Sizes) {
    let (width, inner) = (sizes.width, sizes.mlpRatio * sizes.width)
    norm1 = LayerNorm(width, epsilon: 1e-6)
    qkv = Linear.visionTransformer(width, 3 * width)
    proj = Linear.visionTransformer(width, width)
    ls1 = sizes.isScaled ? LayerScale(width) : nil
    norm2 = LayerNorm(width, epsilon: 1e-6)
    fc1 = Linear.visionTransformer(width, inner)
    fc2 = Linear.visionTransformer(inner, width)
    ls2 = sizes.isScaled ? LayerScale(width) : nil
    heads = sizes.heads
  }

  public override var renamed: [String: String] {
    ["qkv": "attn.qkv", "proj": "attn.proj", "fc1": "mlp.fc1", "fc2": "mlp.fc2"]
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let attention = proj(attended(norm1(x)))
    let sum = x + (ls1?(attention) ?? attention)
    let feedForward = fc2(fc1(norm2(sum)).gelu())
    return sum + (ls2?(feedForward) ?? feedForward)
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
