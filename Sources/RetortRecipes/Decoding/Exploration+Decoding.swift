import RetortCore
import RetortDistillation

extension Exploration {
  /// The exploration that a map describes, or nil if its order is unknown.
  init?(_ reader: MapReader) {
    let word = reader.requiredChoice("order", Order.allCases.map(\.rawValue))
    self.init(word.flatMap(Order.init(rawValue:)) ?? .zero)
    if word == nil {
      reader.pass(over: Self.owners.map(\.key))
    } else {
      for (key, orders) in Self.owners where !orders.contains(order) {
        reader.misplaced([key], with: "'\(order.rawValue)'", belongTo: orders.map(\.rawValue))
      }
      decodeSearch(reader)
    }
    ratio = reader.number("ratio", .positive(upTo: 64)) ?? ratio
    weight = reader.number("weight", .notNegative()) ?? weight
    if let word = reader.choice("statistics", Statistics.allCases.map(\.rawValue)) {
      statistics = Statistics(rawValue: word) ?? statistics
    }
    reader.finish()
    if word == nil { return nil }
  }

  /// Which orders make use of a key that not all do.
  static let owners: [(key: String, orders: [Order])] = {
    let gradient = Order.allCases.filter(\.usesGradient)
    return [
      ("steps", gradient), ("step", gradient), ("noise", [.zero, .first, .pixelNoise]),
      ("divergence", gradient), ("beta", gradient), ("temperature", gradient),
      ("box", [.zero, .first, .reconstruction]),
    ]
  }()

  /// Whether the order makes use of `key`.
  func uses(_ key: String) -> Bool {
    Self.owners.first { $0.key == key }?.orders.contains(order) ?? true
  }

  /// Decodes what the search itself depends on.
  private mutating func decodeSearch(_ reader: MapReader) {
    if uses("steps") {
      steps = reader.int("steps", 0...64) ?? steps
      step = reader.inner("step").flatMap { StepSize($0) } ?? step
      divergence = Divergence(reader)
      temperature = reader.number("temperature", .positive(upTo: 1000)) ?? temperature
    }
    if uses("noise") { noise = reader.number("noise", .notNegative(upTo: 1000)) ?? noise }
    if uses("box") { box = reader.bool("box", box) }
  }
}

extension Exploration.StepSize {
  /// The length that a map of one key describes, or nil.
  fileprivate init?(_ reader: MapReader) {
    let kinds: [(String, (Double) -> Self)] = [
      ("displacement", { .displacement($0) }), ("normalised", { .normalised($0) }),
      ("plain", { .plain($0) }),
    ]
    var found: Self?
    for (key, make) in kinds {
      if let length = reader.number(key, .positive()) { found = found ?? make(length) }
    }
    reader.exclude(kinds.map(\.0))
    reader.finish()
    guard let found else { return nil }
    self = found
  }

  /// The key and the number of a recipe.
  var entry: (key: String, value: Double) {
    switch self {
    case .plain(let length): ("plain", length)
    case .normalised(let length): ("normalised", length)
    case .displacement(let share): ("displacement", share)
    }
  }
}

extension Divergence {
  fileprivate init(_ reader: MapReader) {
    let word = reader.choice("divergence", ["kl", "reverse-kl", "jsd", "l2"]) ?? "kl"
    if word != "jsd" { reader.misplaced(["beta"], with: "'\(word)'", belongTo: ["jsd"]) }
    switch word {
    case "reverse-kl": self = .reverseKL
    case "jsd":
      self = .jensenShannon(beta: Float(reader.number("beta", .insideUnit) ?? 0.5))
    case "l2": self = .probabilityL2
    default: self = .forwardKL
    }
  }

  /// What a recipe calls it.
  var word: String {
    switch self {
    case .forwardKL: "kl"
    case .reverseKL: "reverse-kl"
    case .jensenShannon: "jsd"
    case .probabilityL2: "l2"
    }
  }
}
