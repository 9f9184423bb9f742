import Glibc

/// The recorded cases beside the tests.
package enum Goldens {
  /// `Tests/Goldens`.
  package static let folder: String = {
    let parts = #filePath.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Goldens"
  }()

  /// The cases of whole trainings, by kind.
  package static let training = [
    "mlp_sgd", "cnn_adam_kd", "resnet_sgd_nesterov", "inverted_residual_adamw", "encoder_adamw",
    "vae_adam", "gradient_penalty_sgd", "tgt_first_order_plain", "tgt_first_order_normalised",
    "mlp_rmsprop", "mlp_rmsprop_centered", "mlp_sgd_clip_value_equal", "resnet_adam_clip_norm_ema",
    "mlp_sgd_dampening", "mlp_sgd_one_cycle", "mlp_adam_amsgrad", "mlp_rmsprop_step",
    "resnet_adamw_one_cycle", "cnn_geometries", "gp_momentum_clip",
  ]

  /// More of them, at their edges: sizes, strides, numbers that are large or nothing.
  package static let edges = [
    "mlp_one_example", "mlp_big_logits", "mlp_smoothing", "mlp_smoothing_nearly_all",
    "mlp_adam_beta1_zero", "mlp_adam_epsilon", "mlp_adamw_decay", "mlp_clip_norm_unreached",
    "mlp_sgd_ema", "cnn_stride", "inverted_residual_stride", "vae_rmsprop", "tgt_no_step",
    "tgt_large_steps",
  ]

  /// Those that OpenCL computes unless tests sweep wholly.
  package static let tellingEdges = [
    "mlp_one_example", "cnn_stride", "inverted_residual_stride", "tgt_no_step",
  ]

  /// The cases of single losses, by folder and file: all that lie there.
  package static let losses: [String] = {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob("\(folder)/losses/*/*.safetensors", 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0] }.map { path in
      let parts = String(cString: path).split(separator: "/").suffix(2)
      return parts.joined(separator: "/").dropLast(".safetensors".count).description
    }
  }()

  /// The first case of each kind of loss.
  package static let lossKinds: [String] = losses.reduce(into: []) { kinds, name in
    let kind = name.prefix { $0 != "/" }
    if kinds.last?.prefix(while: { $0 != "/" }) != kind { kinds.append(name) }
  }

  /// The models that are recorded, by file.
  package static let models = [
    "convnext_tiny", "dinov2_small", "efficientnet_b0", "efficientnet_lite0", "mobilenetv2",
    "mobilenetv2_torchvision", "mobilenetv3_large", "mobilenetv3_small",
    "mobilenetv3_small_torchvision", "resnet18", "resnet34", "resnet50", "vgg",
    "vision_transformer", "wide_resnet",
  ]

  /// The file of a whole training.
  package static func trainingPath(_ name: String) -> String {
    "\(folder)/training/\(name).safetensors"
  }

  /// The file of a loss, by folder and file.
  package static func lossPath(_ name: String) -> String { "\(folder)/losses/\(name).safetensors" }
}
