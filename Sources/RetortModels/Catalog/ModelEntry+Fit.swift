import RetortCore
import RetortNN

extension ModelEntry {
  /// Throws where attention heads do not divide a width.
  static func checkHeads(_ model: String, _ heads: Int, width: Int) throws(ModelError) {
    guard width % heads == 0 else {
      throw .unfit(model: model, reason: "\(heads) heads do not divide a width of \(width)")
    }
  }

  /// A model that takes images whose height and width are multiples of 4; `make` gives nil for others.
  static func tiled(
    _ name: String, _ image: ImageSize, _ make: () -> Module?
  ) throws(ModelError) -> Module {
    guard let model = make() else {
      throw .unfit(
        model: name,
        reason: "height and width must be multiples of 4, not \(image.height)×\(image.width)")
    }
    return model
  }

  /// A model that takes images of at least `least`×`least`; `make` gives nil for smaller ones.
  static func sized(
    _ name: String, _ image: ImageSize, least: Int, _ make: () -> Module?
  ) throws(ModelError) -> Module {
    guard let model = make() else {
      throw .unfit(
        model: name,
        reason: "images of \(image.height)×\(image.width) are too small for it; it needs "
          + "\(least)×\(least) or more")
    }
    return model
  }
}
