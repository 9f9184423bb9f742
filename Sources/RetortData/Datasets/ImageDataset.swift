import RetortCore
import RetortNN

/// Labelled images in memory.
public struct ImageDataset: Dataset, Equatable {
  /// The name in messages and result files.
  public let name: String
  /// The samples, `[count, height, width, channels]`, 0 to 255.
  public let images: [UInt8]
  /// The class of each image, `[count]`, from 0.
  public let labels: [Int32]
  /// The height of an image in pixels.
  public let height: Int
  /// The width of an image in pixels.
  public let width: Int
  /// The number of samples per pixel.
  public let channels: Int
  /// The names of the classes, by class number.
  public let classNames: [String]

  /// The number of samples of one image.
  public var imageSize: Int { height * width * channels }

  /// A dataset whose sizes agree and whose labels all have a class name.
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

  /// The samples of image `index`, `[height, width, channels]`.
  public func image(_ index: Int) -> ArraySlice<UInt8> {
    images[index * imageSize..<(index + 1) * imageSize]
  }

  /// One field, `samples`, uint8 `[height, width, channels]`.
  public var fields: [Field] { [Field("samples", [height, width, channels], .uint8)] }

  /// The size of the images.
  public var size: ImageSize { ImageSize(height: height, width: width, channels: channels) }

  /// Copies the samples of image `index`.
  public func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {
    images.withUnsafeBytes { samples in
      target.copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: samples[index * imageSize..<(index + 1) * imageSize]))
    }
  }

  /// Scales a part of image `index` to the size of the whole, bilinear with antialiasing.
  public func write(
    _ index: Int, field: Int, crop: RandomCrop, into target: UnsafeMutableRawBufferPointer
  ) {
    images.withUnsafeBufferPointer { samples in
      let own = UnsafeBufferPointer(rebasing: samples[index * imageSize..<(index + 1) * imageSize])
      Resampling.resize(
        own, size, box: crop.box(height: height, width: width), to: (height, width),
        window: CropBox(top: 0, left: 0, height: height, width: width), into: target)
    }
  }

  /// The images at `indices`, in that order.
  public func subset(_ indices: [Int], name: String?) -> ImageDataset {
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * imageSize)
    for index in indices { chosen += image(index) }
    return ImageDataset(
      name: name ?? self.name, images: chosen, labels: indices.map { labels[$0] },
      height: height, width: width, channels: channels, classNames: classNames)
  }
}
