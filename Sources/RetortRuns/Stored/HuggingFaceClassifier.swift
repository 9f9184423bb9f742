import RetortFormats
import RetortNN

/// A kind of image classifier of Hugging Face's `transformers`, as a model of the catalog.
///
/// To add one, write a value of it and name it in `all`.
struct HuggingFaceClassifier: Sendable {
  /// The `model_type`.
  let type: String
  /// The class, such as `ViTForImageClassification`.
  let title: String
  /// What its parameters are called in the catalog's model.
  let names: @Sendable () -> HuggingFaceNames
  /// The catalog's model and its options, for a `config.json` and its path.
  let described:
    @Sendable (JSONValue, String) throws(FormatError) -> (model: String, options: [String: Double])

  /// All of them.
  static let all = [vit, deit, dinov2, resnet, convnext]

  /// ViT, and DeiT without a token of its own.
  static let vit = HuggingFaceClassifier(
    type: "vit", title: "ViTForImageClassification", names: { transformer("vit") }
  ) { json, path throws(FormatError) in ("vit-small", try sizes(json, path)) }

  /// DeiT with its distillation token, of which the class token alone is asked.
  static let deit = HuggingFaceClassifier(
    type: "deit", title: "DeiTForImageClassification", names: { transformer("deit") }
  ) { json, path throws(FormatError) in
    ("deit-tiny", try sizes(json, path).merging(["distillation-token": 1]) { $1 })
  }

  /// DINOv2 with a head on class token and mean over patches.
  static let dinov2 = HuggingFaceClassifier(
    type: "dinov2", title: "Dinov2ForImageClassification", names: { transformer("dinov2") }
  ) { json, path throws(FormatError) in
    if json["use_swiglu_ffn"]?.bool == true {
      throw FormatError(path, in: "use_swiglu_ffn", .unsupported(what: "true", supported: "false"))
    }
    return ("dinov2-small", try sizes(json, path).merging(["pooled": 1]) { $1 })
  }

  /// The residual networks of 18, 34 and 50 layers.
  static let resnet = HuggingFaceClassifier(
    type: "resnet", title: "ResNetForImageClassification", names: { residual }
  ) { json, path throws(FormatError) in
    try check(json, path, ["hidden_act": "relu"])
    for key in ["downsample_in_first_stage", "downsample_in_bottleneck"]
    where json[key]?.bool == true {
      throw FormatError(path, in: key, .unsupported(what: "true", supported: "false"))
    }
    let kind = json["layer_type"]?.string ?? "bottleneck"
    let depths = json["depths"]?.array?.compactMap(\.int) ?? [3, 4, 6, 3]
    let known = [
      ("basic", [2, 2, 2, 2], "resnet18", 1), ("basic", [3, 4, 6, 3], "resnet34", 1),
      ("bottleneck", [3, 4, 6, 3], "resnet50", 4),
    ]
    guard let (_, _, model, expansion) = known.first(where: { $0.0 == kind && $0.1 == depths })
    else {
      throw FormatError(
        path, in: "depths",
        .unsupported(
          what: "\(depths) of \(kind)",
          supported: "[2, 2, 2, 2] and [3, 4, 6, 3] of basic, [3, 4, 6, 3] of bottleneck"))
    }
    let width = try HuggingFaceConfiguration.whole("embedding_size", json, path)
    try check(json, path, widths: (0..<4).map { (expansion * width) << $0 })
    return (model, ["width": Double(width)])
  }

  /// ConvNeXt-T.
  static let convnext = HuggingFaceClassifier(
    type: "convnext", title: "ConvNextForImageClassification", names: { convolutional }
  ) { json, path throws(FormatError) in
    try check(json, path, ["hidden_act": "gelu"])
    let depths = json["depths"]?.array?.compactMap(\.int) ?? [3, 3, 9, 3]
    guard depths == [3, 3, 9, 3], json["patch_size"]?.int ?? 4 == 4 else {
      throw FormatError(
        path, in: "depths",
        .unsupported(what: "\(depths)", supported: "[3, 3, 9, 3] with patches of 4×4"))
    }
    let width = json["hidden_sizes"]?.array?.first?.int ?? 96
    try check(json, path, widths: (0..<4).map { width << $0 })
    return ("convnext-tiny", ["width": Double(width)])
  }

  /// The options of a vision transformer.
  private static func sizes(_ json: JSONValue, _ path: String) throws(FormatError) -> [String:
    Double]
  {
    try check(json, path, ["hidden_act": "gelu"])
    if json["qkv_bias"]?.bool == false {
      throw FormatError(path, in: "qkv_bias", .unsupported(what: "false", supported: "true"))
    }
    let width = try HuggingFaceConfiguration.whole("hidden_size", json, path)
    let ratio = try HuggingFaceConfiguration.whole("mlp_ratio", or: 4, json, path)
    let inner = try HuggingFaceConfiguration.whole(
      "intermediate_size", or: width * ratio, json, path)
    let patch = try HuggingFaceConfiguration.whole("patch_size", json, path)
    let image = try HuggingFaceConfiguration.whole("image_size", json, path)
    guard inner % width == 0, image % patch == 0 else {
      throw FormatError(
        path, in: inner % width == 0 ? "patch_size" : "intermediate_size",
        .wrongType(
          expected: inner % width == 0 ? "a divisor of image_size" : "a multiple of hidden_size",
          found: "\(inner % width == 0 ? patch : inner)"))
    }
    return [
      "patch": Double(patch), "width": Double(width), "mlp-ratio": Double(inner / width),
      "layers": Double(try HuggingFaceConfiguration.whole("num_hidden_layers", json, path)),
      "heads": Double(try HuggingFaceConfiguration.whole("num_attention_heads", json, path)),
      "grid": Double(image / patch),
    ]
  }

  /// Refuses other words than the given ones, and layer norms that add as much as to be seen.
  private static func check(
    _ json: JSONValue, _ path: String, _ words: [String: String]
  ) throws(FormatError) {
    for (key, expected) in words {
      if let found = json[key]?.string, found != expected {
        throw FormatError(
          path, in: key, .unsupported(what: "'\(found)'", supported: "'\(expected)'"))
      }
    }
    if let epsilon = json["layer_norm_eps"]?.double, !(0...1e-6).contains(epsilon) {
      throw FormatError(
        path, in: "layer_norm_eps", .unsupported(what: "\(epsilon)", supported: "up to 1e-06"))
    }
    if let channels = json["num_channels"]?.int, channels != 3, channels != 1 {
      throw FormatError(
        path, in: "num_channels", .unsupported(what: "\(channels)", supported: "1 and 3"))
    }
  }

  private static func check(
    _ json: JSONValue, _ path: String, widths: [Int]
  ) throws(FormatError) {
    guard let found = json["hidden_sizes"]?.array?.compactMap(\.int), found != widths else {
      return
    }
    throw FormatError(
      path, in: "hidden_sizes", .unsupported(what: "\(found)", supported: "\(widths)"))
  }

  private static func transformer(_ type: String) -> HuggingFaceNames {
    let layer = "\(type).encoder.layer.#"
    func block(_ pattern: String, _ name: String) -> HuggingFaceNames.Rule {
      ("\(layer).\(pattern)", { "blocks.\($0[0]).\(name)" })
    }
    return HuggingFaceNames(rules: [
      ("\(type).embeddings.cls_token", { _ in "cls_token" }),
      ("\(type).embeddings.distillation_token", { _ in "dist_token" }),
      ("\(type).embeddings.mask_token", { _ in nil }),
      ("\(type).embeddings.position_embeddings", { _ in "pos_embed" }),
      ("\(type).embeddings.patch_embeddings.projection", { _ in "patch_embed.proj" }),
      block("attention.attention.query", "attn.qkv"), block("attention.attention.key", "attn.qkv"),
      block("attention.attention.value", "attn.qkv"),
      block("attention.output.dense", "attn.proj"), block("layernorm_before", "norm1"),
      block("layernorm_after", "norm2"), block("intermediate.dense", "mlp.fc1"),
      block("output.dense", "mlp.fc2"), block("mlp", "mlp"), block("norm1", "norm1"),
      block("norm2", "norm2"), block("layer_scale1.lambda1", "ls1.gamma"),
      block("layer_scale2.lambda1", "ls2.gamma"), ("\(type).layernorm", { _ in "norm" }),
      ("\(type).pooler", { _ in nil }), ("classifier", { _ in "head" }),
    ])
  }

  private static var residual: HuggingFaceNames {
    let layer = "resnet.encoder.stages.#.layers.#"
    return HuggingFaceNames(rules: [
      ("resnet.embedder.embedder.convolution", { _ in "conv1" }),
      ("resnet.embedder.embedder.normalization", { _ in "bn1" }),
      ("\(layer).layer.#.convolution", { "layer\($0[0] + 1).\($0[1]).conv\($0[2] + 1)" }),
      ("\(layer).layer.#.normalization", { "layer\($0[0] + 1).\($0[1]).bn\($0[2] + 1)" }),
      ("\(layer).shortcut.convolution", { "layer\($0[0] + 1).\($0[1]).downsample.0" }),
      ("\(layer).shortcut.normalization", { "layer\($0[0] + 1).\($0[1]).downsample.1" }),
      ("classifier.1", { _ in "fc" }),
    ])
  }

  private static var convolutional: HuggingFaceNames {
    let stage = "convnext.encoder.stages.#"
    func block(_ pattern: String, _ name: String) -> HuggingFaceNames.Rule {
      ("\(stage).layers.#.\(pattern)", { "features.\(2 * $0[0] + 1).\($0[1]).\(name)" })
    }
    return HuggingFaceNames(rules: [
      ("convnext.embeddings.patch_embeddings", { _ in "features.0.0" }),
      ("convnext.embeddings.layernorm", { _ in "features.0.1" }),
      block("layer_scale_parameter", "layer_scale"), block("dwconv", "block.0"),
      block("layernorm", "block.2"), block("pwconv1", "block.3"), block("pwconv2", "block.5"),
      ("\(stage).downsampling_layer.#", { "features.\(2 * $0[0]).\($0[1])" }),
      ("convnext.layernorm", { _ in "classifier.0" }), ("classifier", { _ in "classifier.2" }),
    ])
  }
}
