extension LossSpec {
  /// The kinds that a recipe can name.
  static let kinds = ["cross-entropy", "kd", "vae"]

  /// The loss that a map describes, or nil if its kind is unknown.
  init?(_ reader: MapReader) {
    guard let kind = reader.requiredChoice("kind", Self.kinds) else { return nil }
    let weight = reader.number("weight", .notNegative()) ?? 1
    switch kind {
    case "kd":
      self = .softTargets(
        weight: weight, temperature: reader.number("temperature", .positive(upTo: 1000)) ?? 4)
    case "vae":
      self = .variational(
        weight: weight, klWeight: reader.number("kl-weight", .notNegative()) ?? 1)
    default:
      self = .crossEntropy(
        weight: weight, labelSmoothing: reader.number("label-smoothing", .belowOne) ?? 0)
    }
    reader.finish()
  }

  /// The losses that a list describes, in order, with where they stand.
  static func list(
    _ node: RecipeNode, _ faults: FaultList
  ) -> [(loss: LossSpec, place: RecipeFault.Place)] {
    guard let elements = node.elements, !elements.isEmpty else {
      faults.add(
        node.place,
        .wrongType(
          "losses", expected: "a list of at least one loss",
          found: node.elements == nil ? node.kind : "an empty list"))
      return []
    }
    var result: [(loss: LossSpec, place: RecipeFault.Place)] = []
    for (index, element) in elements.enumerated() {
      guard let loss = LossSpec(MapReader(element, "losses[\(index)]", faults)) else { continue }
      if result.contains(where: { $0.loss.kind == loss.kind }) {
        faults.add(element.place, .duplicateLoss(loss.kind, in: "losses"))
      }
      result.append((loss, element.place))
    }
    return result
  }
}
