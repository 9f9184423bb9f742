import RetortNN
import RetortSchema

/// A dataset of pictures of all sizes, which are brought to one.
public protocol PictureSource: SharedOut {
  /// The side of the pictures that models see, in pixels.
  var side: Int { get set }
  /// Their height where they are no squares; nil for `side`.
  var height: Int? { get set }
  /// Their width where they are no squares; nil for `side`.
  var width: Int? { get set }
  /// The samples of a pixel: 1 for grey, 3 for RGB.
  var channels: Int { get set }
}

extension PictureSource {
  /// Two channels are neither grey nor colour.
  public var faults: [KeyFault] { PictureFit.faults(channels: channels) }

  /// Squares of `side`, or rectangles.
  public var examples: ExampleSpec { .image(fit.size) }

  /// What brings pictures to their size.
  var fit: PictureFit {
    PictureFit(ImageSize(height: height ?? side, width: width ?? side, channels: channels))
  }
}

extension Array {
  /// The keys of the pictures' size.
  static func pictureSize<Source: PictureSource>() -> [Key<Source>]
  where Element == Key<Source> {
    [
      .int("size", \.side, 4...1024, "the side in pixels of the squares that pictures become"),
      .int("height", \.height, 4...1024, "their height in pixels, if it is not size"),
      .int("width", \.width, 4...1024, "their width in pixels, if it is not size"),
      .int("channels", \.channels, 1...3, "samples of a pixel: 1 for grey, 3 for colour"),
    ]
  }
}
