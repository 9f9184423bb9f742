import RetortCore
import RetortFormats
import Synchronization

/// Pictures in files, decoded when they are asked for; all of them stay in memory once decoded if they are few.
final class PictureStore: Sendable {
  /// The files.
  let sources: [ImageSource]
  /// What each is brought to.
  let fit: PictureFit
  private let kept: KeptPictures?

  /// The most bytes of decoded pictures that stay in memory.
  static let keptLimit = 1 << 29

  /// Pictures in files.
  ///
  /// - Parameter limit: The most bytes that stay in memory, or half of what is available if that is less: pictures
  ///     that take more are decoded each time.
  init(_ sources: [ImageSource], fit: PictureFit, keeping limit: Int = keptLimit) {
    (self.sources, self.fit) = (sources, fit)
    let size = sources.count.saturatingProduct(fit.size.count)
    let isKept = size <= limit && size <= HostMemory.available / 2
    kept = isKept ? KeptPictures(count: sources.count, size: fit.size.count) : nil
  }

  /// Writes the samples of picture `index`, `fit.size.count` bytes.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is damaged.
  func write(
    _ index: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    if let kept, kept.copy(index, into: target) { return }
    try read(index, crop: nil, into: target)
    kept?.keep(index, UnsafeRawBufferPointer(target))
  }

  /// Decodes picture `index` anew, and writes the samples of a part of it, or of its middle.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is damaged.
  func read(
    _ index: Int, crop: RandomCrop?, into target: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    do throws(FormatError) {
      try fit.read(sources[index], crop: crop, into: target)
    } catch {
      throw sources[index].named(error)
    }
  }

  /// Looks at picture `index` as far as that tells whether it can be used: at its header, or at all of it.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is damaged.
  func check(_ index: Int, decoding: Bool) throws(FormatError) {
    if decoding {
      let memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: fit.size.count, alignment: 64)
      defer { memory.deallocate() }
      return try write(index, into: memory)
    }
    do throws(FormatError) {
      _ = try sources[index].header()
    } catch {
      throw sources[index].named(error)
    }
  }
}

/// Decoded pictures of one size; each is written once and read by any number of threads.
///
/// The memory of a picture is written under the lock, before it is marked, and never again.
private final class KeptPictures: @unchecked Sendable {
  private let size: Int
  private let memory: UnsafeMutableRawBufferPointer
  private let isKept: Mutex<[Bool]>

  init(count: Int, size: Int) {
    self.size = size
    // The system gives memory as it is written to.
    memory = .allocate(byteCount: max(1, count * size), alignment: 64)
    isKept = Mutex([Bool](repeating: false, count: count))
  }

  deinit { memory.deallocate() }

  /// Copies a picture; false if it is not there yet.
  func copy(_ index: Int, into target: UnsafeMutableRawBufferPointer) -> Bool {
    guard isKept.withLock({ $0[index] }) else { return false }
    target.copyMemory(from: UnsafeRawBufferPointer(part(index)))
    return true
  }

  func keep(_ index: Int, _ samples: UnsafeRawBufferPointer) {
    isKept.withLock { isKept in
      guard !isKept[index] else { return }
      part(index).copyMemory(from: samples)
      isKept[index] = true
    }
  }

  private func part(_ index: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[index * size..<(index + 1) * size])
  }
}
