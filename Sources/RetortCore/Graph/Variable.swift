/// A named buffer that outlives a step: parameters, optimizer state, running statistics, tables.
///
/// A variable is an identity; its contents live on a device, in the buffer that a program is
/// compiled with. Several tensors may be cut from one variable at different offsets, so that all
/// parameters of a model lie in one flat buffer.
public final class Variable: Sendable {
  /// The name in messages and checkpoints.
  public let name: String
  /// The number of elements.
  public let count: Int
  /// The element type.
  public let dtype: DType
  /// Whether no step changes the variable, so that results of frozen variables alone are computed once.
  public let isFrozen: Bool

  /// A variable of `count` elements.
  public init(name: String, count: Int, dtype: DType = .float32, isFrozen: Bool = false) {
    self.name = name
    self.count = count
    self.dtype = dtype
    self.isFrozen = isFrozen
  }

  /// The alignment, in elements, of tensors cut from a variable: 512 bytes.
  public static let alignment = 128
}
