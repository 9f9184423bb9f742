import CSpng
import Glibc

/// An image of 8-bit grey or RGB samples, read from and written to PNG.
public struct PNGImage: Equatable, Sendable {
  /// The width in pixels.
  public let width: Int
  /// The height in pixels.
  public let height: Int
  /// The samples per pixel: 1 for grey, 3 for RGB.
  public let channels: Int
  /// The samples, `[height, width, channels]`.
  public let pixels: [UInt8]

  /// The largest width or height that can be read.
  public static let sideLimit = 16_384

  /// An image with `width × height × channels` samples; `channels` is 1 or 3.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "a PNGImage has one or three channels")
    precondition(width > 0 && height > 0, "a PNGImage has at least one pixel")
    precondition(
      pixels.count == width * height * channels, "a PNGImage's samples must be those of its size")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Reads the file at `path`.
  ///
  /// - Throws: `FormatError` if it cannot be read or is damaged.
  public static func read(_ path: String) throws(FormatError) -> PNGImage {
    try decode(try FileBytes.read(path, limit: 1 << 30), path: path)
  }

  /// Decodes a PNG file; grey of up to 8 bits stays grey, all else becomes RGB, and alpha is dropped.
  ///
  /// - Throws: `FormatError` if it is damaged or wider or higher than `sideLimit`.
  public static func decode(
    _ bytes: [UInt8], path: String = "(memory)"
  ) throws(FormatError) -> PNGImage {
    let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    try ForeignFile.refuse(bytes, path: path)
    guard bytes.starts(with: signature) else {
      throw FormatError(
        path, at: 0, .wrongMagic(expected: listed(signature[...]), found: listed(bytes.prefix(8))))
    }
    guard let context = spng_ctx_new(0) else {
      throw FormatError(path, .corrupt("libspng has no memory"))
    }
    defer { spng_ctx_free(context) }
    let outcome = bytes.withUnsafeBytes { raw in
      Result { () throws(SpngFailure) in try decode(raw, context) }
    }
    do { return try outcome.get() } catch {
      throw FormatError(path, in: error.step, .corrupt(String(cString: spng_strerror(error.code))))
    }
  }

  /// Writes the image to `path`, completely or not at all.
  ///
  /// - Throws: `FormatError` if the file cannot be written.
  public func write(to path: String) throws(FormatError) {
    try AtomicFile.write(try encoded(path: path), to: path)
  }

  /// The image as the bytes of a PNG file; equal images give equal bytes.
  ///
  /// - Throws: `FormatError` if libspng has no memory.
  public func encoded(path: String = "(memory)") throws(FormatError) -> [UInt8] {
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
      throw FormatError(path, .corrupt("libspng has no memory"))
    }
    defer { spng_ctx_free(context) }
    do throws(SpngFailure) { return try encode(context) } catch {
      throw FormatError(path, in: error.step, .corrupt(String(cString: spng_strerror(error.code))))
    }
  }
}

private struct SpngFailure: Error {
  let step: String
  let code: Int32
}

private func check(_ code: Int32, _ step: String) throws(SpngFailure) {
  guard code == 0 else { throw SpngFailure(step: step, code: code) }
}

extension PNGImage {
  private static func decode(
    _ raw: UnsafeRawBufferPointer, _ context: OpaquePointer
  ) throws(SpngFailure) -> PNGImage {
    let side = UInt32(sideLimit)
    try check(spng_set_image_limits(context, side, side), "limits")
    try check(spng_set_chunk_limits(context, 1 << 24, 1 << 26), "limits")
    try check(spng_set_png_buffer(context, raw.baseAddress, raw.count), "file")
    var header = spng_ihdr()
    try check(spng_get_ihdr(context, &header), "header")
    let isGrey =
      header.color_type == UInt8(SPNG_COLOR_TYPE_GRAYSCALE.rawValue) && header.bit_depth <= 8
    let format = Int32(isGrey ? SPNG_FMT_G8.rawValue : SPNG_FMT_RGB8.rawValue)
    var size = 0
    try check(spng_decoded_image_size(context, format, &size), "header")
    let channels = isGrey ? 1 : 3
    guard size == Int(header.width) * Int(header.height) * channels else {
      throw SpngFailure(step: "header", code: Int32(SPNG_EOVERFLOW.rawValue))
    }
    // Deflate expands at most 1032-fold, so a forged header cannot demand more memory than that.
    var stored = 0
    try check(spng_decoded_image_size(context, Int32(SPNG_FMT_PNG.rawValue), &stored), "header")
    guard stored / 1032 <= raw.count else {
      throw SpngFailure(step: "header", code: Int32(SPNG_EIDAT_TOO_SHORT.rawValue))
    }
    var pixels = [UInt8](repeating: 0, count: size)
    try check(spng_decode_image(context, &pixels, size, format, 0), "pixels")
    return PNGImage(
      width: Int(header.width), height: Int(header.height), channels: channels, pixels: pixels)
  }

  private func encode(_ context: OpaquePointer) throws(SpngFailure) -> [UInt8] {
    try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1), "options")
    let color = channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR
    var header = spng_ihdr()
    header.width = UInt32(width)
    header.height = UInt32(height)
    header.bit_depth = 8
    header.color_type = UInt8(color.rawValue)
    try check(spng_set_ihdr(context, &header), "header")
    let (format, flags) = (Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue))
    try check(spng_encode_image(context, pixels, pixels.count, format, flags), "pixels")
    var (size, code): (Int, Int32) = (0, 0)
    guard let buffer = spng_get_png_buffer(context, &size, &code) else {
      throw SpngFailure(step: "file", code: code)
    }
    defer { free(buffer) }
    return [UInt8](UnsafeRawBufferPointer(start: buffer, count: size))
  }
}
