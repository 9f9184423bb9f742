import RetortCore
import RetortData
import RetortDistillation
import RetortFormats

extension Recipe {
  /// The recipe with every default written out; reading it gives an equal recipe.
  public var expandedYAML: String { yaml { $0 } }

  /// The SHA-256 of the expanded text with files and folders by name alone.
  ///
  /// It tells recipes apart that say different things, wherever they and their files lie. What files of
  /// weights hold is told apart by a run's `weights.json`.
  public var sha256: String { SHA256.hexadecimal(Array(yaml(FilePath.name(of:)).utf8)) }

  /// - Parameter file: How a file's or a folder's path is written.
  private func yaml(_ file: (String) -> String) -> String {
    let head = [
      "version: 1", "name: \(word(name))", "seed: \(seed)", "compute: \(compute.rawValue)",
      "stages:",
    ]
    return (head + stages.flatMap { $0.yamlLines(file) }).joined(separator: "\n") + "\n"
  }
}

extension StageSpec {
  fileprivate func yamlLines(_ file: (String) -> String) -> [String] {
    var lines = ["  - name: \(word(name))", "    data: \(data.yaml(file))"]
    if let teacher { lines.append("    teacher: \(teacher.yaml(file))") }
    if let generator { lines.append("    generator: \(generator.yaml(file))") }
    if let student { lines.append("    student: \(student.yaml(file))") }
    lines.append("    losses:")
    lines += losses.map { "      - \($0.yaml)" }
    if let explore { lines.append("    explore: \(explore.yaml)") }
    lines.append("    augment: \(augment.yaml)")
    lines.append("    optimizer: \(optimizer.yaml)")
    lines.append("    train: \(train.yaml)")
    lines.append("    checkpoints: \(checkpoints.yaml)")
    return lines
  }
}

extension DataSpec {
  fileprivate func yaml(_ file: (String) -> String) -> String {
    var entries = [("name", word(name))]
    if let directory { entries.append(("directory", word(file(directory)))) }
    switch selection {
    case .all: break
    case .labelled(let count): entries.append(("labelled", "\(count)"))
    case .longTail(let imbalance):
      entries.append(("long-tail", map([("imbalance", number(imbalance))])))
    case .stepImbalance(let factor): entries.append(("step-imbalance", number(factor)))
    }
    if let seed { entries.append(("seed", "\(seed)")) }
    return map(entries + [("validation", "\(validation)")])
  }
}

extension PlayerSpec {
  fileprivate func yaml(_ file: (String) -> String) -> String {
    var entries: [(String, String)] = []
    switch source {
    case .untrained: entries = [("model", word(model))]
    case .file(let path): entries = [("model", word(model)), ("weights", word(file(path)))]
    case .stage(let name): entries = [("from", word(name))]
    }
    if let expectedAccuracy { entries.append(("expected-accuracy", number(expectedAccuracy))) }
    let options = options.sorted { $0.key < $1.key }.map { ($0.key, number($0.value)) }
    return map(entries + options)
  }
}

extension LossSpec {
  fileprivate var yaml: String {
    let own: [(String, Double)] =
      switch self {
      case .crossEntropy(let weight, let smoothing):
        [("weight", weight), ("label-smoothing", smoothing)]
      case .softTargets(let weight, let temperature):
        [("weight", weight), ("temperature", temperature)]
      case .variational(let weight, let klWeight):
        [("weight", weight), ("kl-weight", klWeight)]
      }
    return map([("kind", kind)] + own.map { ($0.0, number($0.1)) })
  }
}

extension Exploration {
  /// The keys that have an effect on the order.
  fileprivate var yaml: String {
    var entries = [("order", order.rawValue)]
    if uses("steps") {
      entries.append(("steps", "\(steps)"))
      entries.append(("step", map([(step.entry.key, number(step.entry.value))])))
    }
    if uses("noise") { entries.append(("noise", number(noise))) }
    if uses("divergence") {
      entries.append(("divergence", divergence.word))
      if case .jensenShannon(let beta) = divergence { entries.append(("beta", "\(beta)")) }
      entries.append(("temperature", number(temperature)))
    }
    if uses("box") { entries.append(("box", "\(box)")) }
    return map(
      entries + [
        ("ratio", number(ratio)), ("weight", number(weight)), ("statistics", statistics.rawValue),
      ])
  }
}

extension Augmentation {
  /// What padding is and how large the square is says nothing where neither is there.
  fileprivate var yaml: String {
    map(
      [("shift", "\(shift)")] + (shift > 0 ? [("padding", padding.rawValue)] : [])
        + [("flip", "\(flip)")] + (cutout > 0 ? [("cutout", "\(cutout)")] : []))
  }
}

extension OptimizerSpec {
  fileprivate var yaml: String {
    var own: [(String, String)] =
      switch kind {
      case .sgd: [("momentum", number(momentum)), ("nesterov", "\(nesterov)")]
      case .adam, .adamw:
        [("beta1", number(beta1)), ("beta2", number(beta2)), ("epsilon", number(epsilon))]
      case .rmsprop:
        [
          ("alpha", number(alpha)), ("epsilon", number(epsilon)), ("momentum", number(momentum)),
          ("centered", "\(centered)"),
        ]
      }
    switch clipping {
    case .norm(let limit): own.append(("clip-norm", number(limit)))
    case .value(let limit): own.append(("clip-value", number(limit)))
    case nil: break
    }
    if let averaging { own.append(("average", averaging.yaml)) }
    var rate: [(String, String)] =
      switch schedule {
      case .constant: [("kind", "constant")]
      case .step(let every, let factor):
        [("kind", "step"), ("every", "\(every)"), ("factor", number(factor))]
      case .cosine: [("kind", "cosine")]
      case .oneCycle: [("kind", "one-cycle")]
      }
    rate.append(("warmup", "\(warmup)"))
    return map(
      [
        ("kind", kind.rawValue), ("learning-rate", number(learningRate)),
        ("weight-decay", number(weightDecay)),
      ] + own + [("schedule", map(rate))])
  }
}

extension WeightAveraging {
  fileprivate var yaml: String {
    switch self {
    case .exponential(let decay, let from):
      map([("kind", "exponential"), ("decay", number(decay)), ("from", "\(from)")])
    case .equal(let from): map([("kind", "equal"), ("from", "\(from)")])
    }
  }
}

extension TrainSpec {
  fileprivate var yaml: String {
    var entries = [("batch", "\(batch)")]
    switch length {
    case .steps(let count): entries.append(("steps", "\(count)"))
    case .epochs(let count): entries.append(("epochs", "\(count)"))
    }
    if let evaluateEvery { entries.append(("evaluate-every", "\(evaluateEvery)")) }
    entries += [("log-every", "\(logEvery)"), ("sampling", sampling.rawValue)]
    if kept != .last { entries.append(("keep", kept.rawValue)) }
    if let patience { entries.append(("patience", "\(patience)")) }
    return map(entries)
  }
}

extension CheckpointSpec {
  fileprivate var yaml: String {
    let entry: (String, String) =
      switch interval {
      case .steps(let count): ("steps", "\(count)")
      case .seconds(let seconds): ("seconds", number(seconds))
      }
    return map([entry, ("keep", "\(kept)")])
  }
}

private func map(_ entries: [(String, String)]) -> String {
  "{" + entries.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}"
}

/// A text as a YAML scalar that reads back as the same text.
private func word(_ text: String) -> String {
  let isPlain =
    text.first.map { $0.isASCII && $0.isLetter } == true
    && text.utf8.allSatisfy { byte in
      let character = Character(Unicode.Scalar(byte))
      return character.isASCII && (character.isLetter || character.isNumber)
        || "-_./".contains(character)
    } && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
  if isPlain { return text }
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": result += "\\\(scalar)"
    case _ where (0x20..<0x7F).contains(scalar.value): result.unicodeScalars.append(scalar)
    default:
      let digits = String(scalar.value, radix: 16)
      result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
  }
  return result + "\""
}
