/// The content of a safetensors file: named tensors and a table of strings.
///
/// Source: [the safetensors format](https://huggingface.co/docs/safetensors/index).
public struct Safetensors: Equatable, Sendable {
  /// The tensors by name.
  public var tensors: [String: HostTensor]
  /// The file's own notes (`__metadata__`).
  public var metadata: [String: String]
  /// Where the content came from; what errors call it.
  public var path: String

  /// Makes content to be written.
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
  /// - Throws: `FormatError` if there is none or it holds integers.
  public func floats(_ name: String) throws(FormatError) -> [Float] {
    let tensor = try tensor(name)
    guard let values = tensor.floats else { throw notConvertible(name, tensor, to: "float32") }
    return values
  }

  /// The elements of the integer tensor called `name`, as int32.
  ///
  /// - Throws: `FormatError` if there is none, it holds no integers, or one does not fit.
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

/// Up to three of `names`, those with the smallest edit distance to `name` first.
func nearestNames(to name: String, in names: [String]) -> [String] {
  let distances = names.map { (editDistance(Array(name.utf8), Array($0.utf8)), $0) }
  return distances.sorted { $0 < $1 }.prefix(3).map(\.1)
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
