/// The element type of a tensor.
public enum DType: UInt8, Sendable, Hashable, CaseIterable {
  /// IEEE single precision; on the CPU backend's float64 mode these elements are doubles.
  case float32
  /// Two's complement 32-bit integers: labels, token ids, counters.
  case int32
  /// Bytes from 0 to 255: image samples, which only `Tensor.augmented` reads.
  case uint8

  /// The number of bytes of one element on a device.
  public var byteCount: Int { self == .uint8 ? 1 : 4 }
}
