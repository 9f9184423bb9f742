import RetortCore

/// The content of a safetensors file: named tensors and a table of strings.
///
/// Source: [the safetensors format](https://huggingface.co/docs/safetensors/index).
public struct Safetensors: Equatable, Sendable {
  /// The tensors by name.
  public var tensors: [String: HostTensor]
  /// The metadata of the file (`__metadata__`).
  public var metadata: [String: String]
  /// The path or another name of the origin, for errors.
  public var path: String

  /// Content in memory.
  public init(
    tensors: [String: HostTensor], metadata: [String: String] = [:], path: String = "(memory)"
  ) {
    self.tensors = tensors
    self.metadata = metadata
    self.path = path
  }

  /// The names of the tensors in ascending order.
  public var names: [String] { tensors.keys.sorted() }

  /// The tensor called `name`.
  ///
  /// - Throws: `FormatError.Fault.missingTensor` with the nearest names.
  public func tensor(_ name: String) throws(FormatError) -> HostTensor {
    guard let tensor = tensors[name] else {
      throw FormatError(
        path, in: "tensor '\(name)'", .missingTensor(nearest: nearestNames(to: name, in: names)))
    }
    return tensor
  }

  /// The elements of the floating-point tensor called `name`, as float32.
  ///
  /// - Throws: `FormatError` if there is no such tensor or it holds integers.
  public func floats(_ name: String) throws(FormatError) -> [Float] {
    let tensor = try tensor(name)
    guard let values = tensor.floats else { throw notConvertible(name, tensor, to: "float32") }
    return values
  }

  /// The elements of the tensor called `name`, of any type, as float32.
  ///
  /// - Throws: `FormatError` if there is no such tensor, or it has an integer that float32 cannot hold.
  public func numbers(_ name: String) throws(FormatError) -> [Float] {
    let tensor = try tensor(name)
    guard let integers = tensor.int64s else {
      guard let values = tensor.floats else { throw notConvertible(name, tensor, to: "float32") }
      return values
    }
    var values: [Float] = []
    values.reserveCapacity(integers.count)
    for integer in integers {
      guard let value = Float(exactly: integer) else {
        throw notConvertible(name, tensor, to: "float32")
      }
      values.append(value)
    }
    return values
  }

  /// The elements of the integer tensor called `name`, as int32.
  ///
  /// - Throws: `FormatError` if there is no such tensor, it holds no integers, or one does not fit.
  public func int32s(_ name: String) throws(FormatError) -> [Int32] {
    let tensor = try tensor(name)
    guard let values = tensor.int32s else { throw notConvertible(name, tensor, to: "int32") }
    return values
  }

  private func notConvertible(_ name: String, _ tensor: HostTensor, to type: String) -> FormatError
  {
    FormatError(
      path, in: "tensor '\(name)'",
      .notConvertible(from: tensor.elementType.rawValue, to: type))
  }
}
