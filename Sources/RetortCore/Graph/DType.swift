/// The element type of a tensor.
public enum DType: UInt8, Sendable, Hashable, CaseIterable {
  /// IEEE single precision; on the CPU backend's float64 mode these elements are doubles.
  case float32
  /// Two's complement 32-bit integers: labels, token ids, counters.
  case int32

  /// The number of bytes of one element on a device.
  public var byteCount: Int { 4 }
}
