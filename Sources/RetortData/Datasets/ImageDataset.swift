/// Labelled pictures in memory.
public struct ImageDataset: Equatable, Sendable {
  /// The name for messages and result files.
  public let name: String
  /// The samples, `[count, height, width, channels]`, 0 to 255.
  public let images: [UInt8]
  /// The class of each picture, `[count]`, from 0.
  public let labels: [Int32]
  /// The number of rows of a picture.
  public let height: Int
  /// The number of columns of a picture.
  public let width: Int
  /// The samples per pixel.
  public let channels: Int
  /// The names of the classes, in the order of their numbers.
  public let classNames: [String]

  /// The number of pictures.
  public var count: Int { labels.count }
  /// The number of classes.
  public var classCount: Int { classNames.count }
  /// The samples of one picture.
  public var imageSize: Int { height * width * channels }

  /// Makes a dataset; sizes must agree and every label must name a class.
  public init(
    name: String, images: [UInt8], labels: [Int32], height: Int, width: Int, channels: Int,
    classNames: [String]
  ) {
    precondition(height > 0 && width > 0 && channels > 0, "pictures have at least one sample")
    precondition(
      images.count == labels.count * height * width * channels,
      "an ImageDataset's samples must be those of its labels and size")
    precondition(
      labels.allSatisfy { $0 >= 0 && Int($0) < classNames.count },
      "every label of an ImageDataset must name a class")
    self.name = name
    self.images = images
    self.labels = labels
    self.height = height
    self.width = width
    self.channels = channels
    self.classNames = classNames
  }

  /// The samples of picture `index`, `[height, width, channels]`.
  public func image(_ index: Int) -> ArraySlice<UInt8> {
    images[index * imageSize..<(index + 1) * imageSize]
  }

  /// The number of pictures of each class.
  public var classCounts: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
  }

  /// The pictures at `indices`, in that order.
  public func subset(_ indices: [Int], name: String? = nil) -> ImageDataset {
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * imageSize)
    for index in indices { chosen += image(index) }
    return ImageDataset(
      name: name ?? self.name, images: chosen, labels: indices.map { labels[$0] },
      height: height, width: width, channels: channels, classNames: classNames)
  }
}
