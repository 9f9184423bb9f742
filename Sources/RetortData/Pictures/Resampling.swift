import CRetortHost
import RetortNN

/// The scaling of samples, bilinear with antialiasing.
enum Resampling {
  /// Scales a part of a picture and writes a window of what comes of it.
  ///
  /// - Parameters:
  ///   - source: The picture's samples, `[height, width, channels]` by `size`.
  ///   - box: The part; pixels outside of it have no effect.
  ///   - scaled: The height and width that the part is scaled to.
  ///   - window: The part of that which is written, `[height, width, channels]`.
  ///   - target: Memory for it.
  static func resize(
    _ source: UnsafeBufferPointer<UInt8>, _ size: ImageSize, box: CropBox,
    to scaled: (height: Int, width: Int), window: CropBox,
    into target: UnsafeMutableRawBufferPointer
  ) {
    let stride = size.width * size.channels
    let start = box.top * stride + box.left * size.channels
    precondition(
      source.count >= size.count && box.top + box.height <= size.height
        && box.left + box.width <= size.width
        && target.count >= window.height * window.width * size.channels,
      "what is scaled lies in the picture, and its window in memory")
    let status = retort_resize(
      source.baseAddress.map { $0 + start }, stride, Int32(box.height), Int32(box.width),
      Int32(size.channels), Int32(scaled.height), Int32(scaled.width), Int32(window.top),
      Int32(window.left), Int32(window.height), Int32(window.width),
      target.bindMemory(to: UInt8.self).baseAddress)
    precondition(status == 0, "there is no memory for the tables of a picture's size")
  }
}
