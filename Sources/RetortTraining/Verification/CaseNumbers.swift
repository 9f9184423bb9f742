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
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func optional(_ name: String, _ range: CaseRange = .finite) throws -> Double? {
    try (hyper[name]?.double ?? metadata[name].flatMap(Double.init)).map {
      try checked($0, name, range)
    }
  }

  /// The number called `name`.
  ///
  /// - Throws: `VerificationError.missingNumber` or `.outOfRange`.
  func required(_ name: String, _ range: CaseRange = .finite) throws -> Double {
    guard let value = try optional(name, range) else {
      throw VerificationError.missingNumber(name, file: path)
    }
    return value
  }

  private func checked(_ value: Double, _ name: String, _ range: CaseRange) throws -> Double {
    guard range.contains(value) else {
      throw VerificationError.outOfRange(
        name, found: "\(value)", allowed: range.description, file: path)
    }
    return value
  }

  /// The number of steps, of which the tensor `record` has one number each.
  ///
  /// - Throws: `VerificationError`, or `FormatError` where there is no such tensor.
  func steps(recordedIn record: String, of content: Safetensors) throws -> Int {
    let steps = Int(try required("steps", .whole(1...1_000_000)))
    let shape = try content.tensor(record).shape
    guard shape == [steps] else {
      throw VerificationError.wrongShape(
        tensor: record, shape: shape, wanted: "[\(steps)], a number for each step", file: path)
    }
    return steps
  }

  /// The optimizer that `hyper` describes.
  var optimizer: any Optimizer {
    get throws {
      let name = hyper["optimizer"]?["name"]?.string ?? "none"
      func number(_ key: String, _ standard: Double, _ range: CaseRange) throws -> Double {
        try hyper["optimizer"]?[key]?.double.map {
          try checked($0, "optimizer.\(key)", range)
        } ?? standard
      }
      guard hyper["optimizer"]?["lr"]?.double != nil else {
        throw VerificationError.missingNumber("optimizer.lr", file: path)
      }
      let rate = try number("lr", 0, .notNegative)
      switch name {
      case "sgd":
        let nesterov = hyper["optimizer"]?["nesterov"] == .bool(true)
        return SGD(
          learningRate: rate, momentum: try number("momentum", 0, .notNegative),
          nesterov: nesterov, weightDecay: try number("weight_decay", 0, .notNegative))
      case "adam":
        return Adam(
          learningRate: rate, beta1: try number("beta1", 0.9, .belowOne),
          beta2: try number("beta2", 0.999, .belowOne),
          epsilon: try number("eps", 1e-8, .notNegative),
          weightDecay: try number("weight_decay", 0, .notNegative))
      case "adamw":
        return AdamW(
          learningRate: rate, beta1: try number("beta1", 0.9, .belowOne),
          beta2: try number("beta2", 0.999, .belowOne),
          epsilon: try number("eps", 1e-8, .notNegative),
          weightDecay: try number("weight_decay", 0.01, .notNegative))
      case "rmsprop":
        return RMSprop(
          learningRate: rate, alpha: try number("alpha", 0.99, .share),
          epsilon: try number("eps", 1e-8, .notNegative),
          momentum: try number("momentum", 0, .notNegative),
          centered: hyper["optimizer"]?["centered"] == .bool(true),
          weightDecay: try number("weight_decay", 0, .notNegative))
      default: throw VerificationError.unknownOptimizer(name, file: path)
      }
    }
  }

  /// How gradients are clipped, if at all: `clip_norm` or `clip_value`.
  var clipping: GradientClipping? {
    get throws {
      try optional("clip_norm", .positive).map { .norm($0) }
        ?? optional("clip_value", .positive).map { .value($0) }
    }
  }

  /// Which mean of the weights is kept, if any: `average`, equal where it has no `decay`.
  var averaging: WeightAveraging? {
    get throws {
      try hyper["average"].map { average in
        let from = Int(
          try checked(average["from"]?.double ?? 0, "average.from", .whole(0...1_000_000)))
        return try average["decay"]?.double.map {
          .exponential(decay: try checked($0, "average.decay", .belowOne), from: from)
        } ?? .equal(from: from)
      }
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
