import RetortCore
import RetortData

extension DataSpec {
  /// The datasets that a recipe can name.
  static let known = [FashionMNIST.name]

  init(_ reader: MapReader) {
    self.init()
    if let name = reader.choice("name", Self.known) { self.name = name }
    directory = reader.text("directory")
    seed = reader.seed("seed")
    validation = reader.int("validation", 0...10_000_000) ?? 0
    reader.exclude(["labelled", "long-tail", "step-imbalance"])
    if let count = reader.int("labelled", 1...10_000_000) { selection = .labelled(count) }
    if let node = reader.value("long-tail") {
      let inner = MapReader(node, reader.name("long-tail"), reader.faults)
      inner.require("imbalance")
      if let imbalance = inner.number("imbalance", .atLeastOne()) {
        selection = .longTail(imbalance: imbalance)
      }
      inner.finish()
    }
    if let factor = reader.number("step-imbalance", .atLeastOne()) {
      selection = .stepImbalance(factor)
    }
    reader.finish()
  }
}

extension Augmentation {
  init(_ reader: MapReader) {
    self.init(
      shift: reader.int("shift", 0...1024) ?? 0, flip: reader.bool("flip", false),
      cutout: reader.int("cutout", 0...1024) ?? 0)
    if let word = reader.choice("padding", ImagePadding.allCases.map(\.rawValue)) {
      padding = ImagePadding(rawValue: word) ?? padding
    }
    reader.finish()
  }
}
