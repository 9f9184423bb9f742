import RetortCore
import RetortFormats

/// The numbers of a case: those of the metadata's `hyper`, and plain entries of a loss file.
struct CaseNumbers: Sendable {
  private let hyper: JSONValue
  private let metadata: [String: String]
  private let path: String

  init(_ content: Safetensors) throws {
    metadata = content.metadata
    path = content.path
    hyper =
      try content.metadata["hyper"].map { text in
        let bytes = Array(text.utf8)
        return try JSONValue.parse(bytes[...], path: content.path, offset: 0)
      } ?? .object([])
  }

  /// The number called `name`, if any.
  func optional(_ name: String) -> Double? {
    hyper[name]?.double ?? metadata[name].flatMap(Double.init)
  }

  /// The number called `name`.
  func required(_ name: String) throws -> Double {
    guard let value = optional(name) else {
      throw VerificationError.missingNumber(name, file: path)
    }
    return value
  }

  /// The number of steps.
  var steps: Int { get throws { Int(try required("steps")) } }

  /// The optimizer that `hyper` describes.
  var optimizer: any Optimizer {
    get throws {
      let name = hyper["optimizer"]?["name"]?.string ?? "none"
      func number(_ key: String, _ standard: Double) -> Double {
        hyper["optimizer"]?[key]?.double ?? standard
      }
      guard let rate = hyper["optimizer"]?["lr"]?.double else {
        throw VerificationError.missingNumber("optimizer.lr", file: path)
      }
      switch name {
      case "sgd":
        let nesterov = hyper["optimizer"]?["nesterov"] == .bool(true)
        return SGD(
          learningRate: rate, momentum: number("momentum", 0), nesterov: nesterov,
          weightDecay: number("weight_decay", 0))
      case "adam":
        return Adam(
          learningRate: rate, beta1: number("beta1", 0.9), beta2: number("beta2", 0.999),
          epsilon: number("eps", 1e-8), weightDecay: number("weight_decay", 0))
      case "adamw":
        return AdamW(
          learningRate: rate, beta1: number("beta1", 0.9), beta2: number("beta2", 0.999),
          epsilon: number("eps", 1e-8), weightDecay: number("weight_decay", 0.01))
      case "rmsprop":
        return RMSprop(
          learningRate: rate, alpha: number("alpha", 0.99), epsilon: number("eps", 1e-8),
          momentum: number("momentum", 0),
          centered: hyper["optimizer"]?["centered"] == .bool(true),
          weightDecay: number("weight_decay", 0))
      default: throw VerificationError.unknownOptimizer(name, file: path)
      }
    }
  }

  /// How gradients are clipped, if at all: `clip_norm` or `clip_value`.
  var clipping: GradientClipping? {
    optional("clip_norm").map { .norm($0) } ?? optional("clip_value").map { .value($0) }
  }

  /// Which mean of the weights is kept, if any: `average`, equal where it has no `decay`.
  var averaging: WeightAveraging? {
    hyper["average"].map { average in
      let from = average["from"]?.int ?? 0
      return average["decay"]?.double.map { .exponential(decay: $0, from: from) }
        ?? .equal(from: from)
    }
  }

  /// A whole number of one layer, such as the `stride` of `stem`.
  ///
  /// `hyper` may hold it as `stem_stride`, as `stride: {stem: …}` or for all as `stride`; the
  /// prose under `model` may say `stem 3x3 stride 2`.
  func integer(_ word: String, of layer: String) -> Int? {
    for name in ["\(layer)_\(word)", "\(layer).\(word)"] {
      if let value = hyper[name]?.int { return value }
    }
    for name in [word, "\(word)s"] {
      if let value = hyper[name]?[layer]?.int { return value }
    }
    return hyper[word]?.int ?? prose(word, of: layer)
  }

  /// The whole number after `word` in what the prose says of `layer`, up to the next comma.
  private func prose(_ word: String, of layer: String) -> Int? {
    var depth = 0
    var clauses = [""]
    for character in metadata["model"] ?? "" {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if depth == 0, character == "," || character == ";" {
        clauses.append("")
      } else {
        clauses[clauses.count - 1].append(character)
      }
    }
    for clause in clauses {
      let words = clause.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      guard words.first.map(String.init) == layer,
        let place = words.firstIndex(where: { $0 == word })
      else { continue }
      return words.dropFirst(place + 1).first.flatMap { Int($0) }
    }
    return nil
  }
}
