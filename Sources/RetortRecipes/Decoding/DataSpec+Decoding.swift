import RetortCore
import RetortData

extension DataSpec {
  /// The datasets that a recipe can name.
  static let known = [FashionMNIST.name]
  /// The keys that make a choice of examples, which depends on the seed.
  private static let choices = ["labelled", "long-tail", "step-imbalance", "validation"]

  init(_ reader: MapReader) {
    self.init()
    if let name = reader.choice("name", Self.known) { self.name = name }
    directory = reader.path("directory")
    validation = reader.int("validation", 0...10_000_000) ?? 0
    reader.exclude(["labelled", "long-tail", "step-imbalance"])
    if let count = reader.int("labelled", 1...10_000_000) { selection = .labelled(count) }
    if let inner = reader.inner("long-tail") {
      inner.require("imbalance")
      if let imbalance = inner.number("imbalance", .atLeastOne()) {
        selection = .longTail(imbalance: imbalance)
      }
      inner.finish()
    }
    if let factor = reader.number("step-imbalance", .atLeastOne()) {
      selection = .stepImbalance(factor)
    }
    if selection == .all, validation == 0, !Self.choices.contains(where: reader.has) {
      reader.misplaced(["seed"], with: "the whole training set", belongTo: Self.choices)
    } else {
      seed = reader.seed("seed")
    }
    reader.finish()
  }
}

extension Augmentation {
  init(_ reader: MapReader) {
    self.init(
      shift: reader.int("shift", 0...1024) ?? 0, flip: reader.bool("flip", false),
      cutout: reader.int("cutout", 0...1024) ?? 0)
    if shift == 0 {
      reader.misplaced(["padding"], with: "a shift of 0", belongTo: ["a shift of 1 or more"])
    } else if let word = reader.choice("padding", ImagePadding.allCases.map(\.rawValue)) {
      padding = ImagePadding(rawValue: word) ?? padding
    }
    reader.finish()
  }
}
