import RetortData
import RetortFormats

extension Checkpoint {
  private static let format = "retort-checkpoint-3"

  /// Writes the checkpoint atomically, with a SHA-256 over its whole content.
  public func write(to path: String) throws(FormatError) {
    var content = Safetensors(
      tensors: variables.mapValues { HostTensor(shape: [$0.count], floats: $0) },
      metadata: ["format": Checkpoint.format, "state": json.text])
    content.metadata["sha256"] = Checkpoint.digest(content)
    try content.write(to: path)
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: `FormatError` for a file that is not a checkpoint or is damaged.
  public init(path: String) throws(FormatError) {
    let content = try Safetensors.read(path)
    guard content.metadata["format"] == Checkpoint.format, let text = content.metadata["state"]
    else {
      throw FormatError(
        path, in: "metadata", .unsupported(what: "this content", supported: Checkpoint.format))
    }
    guard content.metadata["sha256"] == Checkpoint.digest(content) else {
      throw FormatError(path, .corrupt("its SHA-256 is not the one it was written with"))
    }
    let json = try JSONValue.parse(Array(text.utf8)[...], path: path)
    try Checkpoint.shape.check(json, path: path, in: "state")
    guard let origin = Origin(json), let state = TrainingState(json) else {
      throw FormatError(
        path, in: "state", .corrupt("a part of the state is missing or cannot be"))
    }
    (self.origin, self.state, variables) = (origin, state, [:])
    for name in content.names { variables[name] = try content.floats(name) }
  }

  private static let shape = JSONShape.object([
    "step": .value, "epoch": .value, "index": .value, "seconds": .value, "losses": .value,
    "validation": .object(["best": point, "last": point, "stale": .value]), "seed": .value,
    "recipe": .value, "device": .value,
  ])
  private static let point = JSONShape.object(["step": .value, "accuracy": .value, "loss": .value])

  private var json: JSONValue {
    .record(
      ("step", .integer(state.step)), ("epoch", .integer(state.position.epoch)),
      ("index", .integer(state.position.index)), ("seconds", .real(state.seconds)),
      ("losses", .object(state.losses.map { .init($0.name, .real($0.value)) })),
      ("validation", state.validation.json), ("seed", .number("\(origin.seed)")),
      ("recipe", .string(origin.recipeSHA256)), ("device", .string(origin.device)))
  }

  /// The hash of a checkpoint's whole content, but for the hash itself.
  package static func digest(_ content: Safetensors) -> String {
    var hash = SHA256()
    hash.update(Array((content.metadata["state"] ?? "").utf8))
    for name in content.names {
      hash.update(Array(name.utf8))
      content.tensors[name]?.bytes.withUnsafeBytes { hash.update($0) }
    }
    return hash.hexadecimal
  }
}

extension Checkpoint.Origin {
  fileprivate init?(_ json: JSONValue) {
    guard case .number(let digits)? = json["seed"], let seed = UInt64(digits),
      let recipe = json["recipe"]?.string, let device = json["device"]?.string
    else { return nil }
    self.init(seed: seed, recipeSHA256: recipe, device: device)
  }
}

extension TrainingState {
  fileprivate init?(_ json: JSONValue) {
    // Steps and epochs are 32-bit counters of the random number generator.
    guard let step = json["step"]?.int, (0..<1 << 32).contains(step),
      let epoch = json["epoch"]?.int, (0..<1 << 32).contains(epoch),
      let index = json["index"]?.int, index >= 0,
      let seconds = json["seconds"]?.double, seconds.isFinite, seconds >= 0,
      let losses = json["losses"]?.members,
      let validation = json["validation"].flatMap({ ValidationRecord($0) })
    else { return nil }
    self.init()
    (self.step, self.seconds) = (step, seconds)
    position = BatchOrder.Position(epoch: epoch, index: index)
    self.losses = losses.map { ($0.key, $0.value.double ?? .nan) }
    self.validation = validation
  }
}
