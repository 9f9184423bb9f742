import RetortFormats
import RetortNN

/// The arrays of one part of a set: pictures and their labels.
struct NumPyPart {
  /// Which part.
  let part: DatasetPart
  /// Where the pictures are.
  let images: NumPyParts.Place
  /// Where the labels are.
  let labels: NumPyParts.Place
  /// Where channels stand.
  let layout: NumPyArrays.Layout

  /// What was read of it.
  struct Content {
    /// The samples, `[count, height, width, channels]`.
    let images: [UInt8]
    /// The labels, `[count]`.
    let labels: [Int32]
    /// What samples were multiplied by; nil for integers.
    let scale: Float?

    /// What was made of floats.
    var note: String? {
      scale.map {
        $0 == 1
          ? "samples from 0 to 255 are rounded to whole numbers"
          : "samples from 0 to 1 are rounded to multiples of 1/255"
      }
    }
  }

  /// The size of the pictures, by the header of their array.
  ///
  /// - Throws: `DataError` for an array that is no pictures.
  func size() throws(DataError) -> ImageSize {
    let header = try asDataError { () throws(FormatError) in try images.file.header(images.name) }
    return try size(of: header.shape).size
  }

  private func size(of shape: [Int]) throws(DataError) -> (size: ImageSize, isFirst: Bool) {
    func wrong(_ expected: String) -> DataError {
      .wrongShape(path: images.path, expected: expected, found: "\(shape)")
    }
    guard shape.count == 3 || shape.count == 4, shape.dropFirst().allSatisfy({ 1...8192 ~= $0 })
    else { throw wrong("pictures, [count, height, width] or with channels") }
    guard shape.count == 4 else {
      return (ImageSize(height: shape[1], width: shape[2], channels: 1), false)
    }
    func isColour(_ extent: Int) -> Bool { extent == 1 || extent == 3 }
    let isFirst = layout == .first || layout == .auto && isColour(shape[1]) && !isColour(shape[3])
    let channels = isFirst ? shape[1] : shape[3]
    guard isColour(channels) else { throw wrong("pictures of 1 channel or 3") }
    return isFirst
      ? (ImageSize(height: shape[2], width: shape[3], channels: channels), true)
      : (ImageSize(height: shape[1], width: shape[2], channels: channels), false)
  }

  /// Reads both arrays.
  ///
  /// - Parameters:
  ///   - wanted: The size that the pictures must have.
  ///   - scale: What floats are multiplied by; nil for what the largest of them says.
  /// - Throws: `DataError` for arrays of other shapes, types or values.
  func content(_ wanted: ImageSize, scale: Float?) throws(DataError) -> Content {
    let array = try asDataError { () throws(FormatError) in try images.file.array(images.name) }
    let (size, isFirst) = try size(of: array.shape)
    guard size == wanted else {
      throw .wrongShape(
        path: images.path,
        expected: "pictures of \(wanted.height)×\(wanted.width)×\(wanted.channels)",
        found: "\(array.shape)")
    }
    var (samples, applied) = try self.samples(array, scale: scale)
    if isFirst { samples = Self.channelsLast(samples, size) }
    let numbers = try asDataError { () throws(FormatError) in try labels.file.array(labels.name) }
    let shape = numbers.shape
    guard shape.count == 1 || shape.count == 2 && shape[1] == 1, let classes = numbers.int32s else {
      throw .wrongShape(
        path: labels.path, expected: "integers from 0, [count] or [count, 1]",
        found: "\(numbers.elementType.rawValue) \(shape)")
    }
    guard classes.count == array.shape[0] else {
      throw .countMismatch(images: array.shape[0], labels: classes.count, path: labels.path)
    }
    if let index = classes.firstIndex(where: { $0 < 0 }) {
      throw .outOfRange(
        name: "label \(index) in \(labels.path)", found: "\(classes[index])", allowed: "0 or more")
    }
    return Content(images: samples, labels: classes, scale: applied)
  }

  /// The samples as bytes, and what they were multiplied by.
  private func samples(
    _ array: HostTensor, scale: Float?
  ) throws(DataError) -> (samples: [UInt8], scale: Float?) {
    if let samples = array.uint8s { return (samples, nil) }
    let floats = array.floats
    let (least, largest) = (floats?.min() ?? 0, floats?.max() ?? 0)
    let found =
      array.elementType.rawValue + (floats == nil ? "" : " from \(least) to \(largest)")
    guard let floats, floats.allSatisfy({ $0 >= 0 && $0 <= 255 }) else {
      throw .outOfRange(
        name: "the samples in \(images.path)", found: found,
        allowed: "integers from 0 to 255, or floats from 0 to 1 or from 0 to 255")
    }
    let factor = scale ?? (largest <= 1 ? 255 : 1)
    guard largest * factor <= 255 else {
      throw .outOfRange(
        name: "the samples in \(images.path)", found: found,
        allowed: "floats from 0 to 1, as those of the training pictures are")
    }
    return (floats.map { UInt8(($0 * factor).rounded()) }, factor)
  }

  /// Samples `[count, channels, height, width]` as `[count, height, width, channels]`.
  private static func channelsLast(_ samples: [UInt8], _ size: ImageSize) -> [UInt8] {
    let plane = size.height * size.width
    guard size.channels > 1 else { return samples }
    return [UInt8](unsafeUninitializedCapacity: samples.count) { target, filled in
      samples.withUnsafeBufferPointer { source in
        for image in 0..<(samples.count / size.count) {
          let start = image * size.count
          for pixel in 0..<plane {
            for channel in 0..<size.channels {
              target[start + pixel * size.channels + channel] =
                source[start + channel * plane + pixel]
            }
          }
        }
      }
      filled = samples.count
    }
  }
}
