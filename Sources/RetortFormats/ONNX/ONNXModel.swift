/// A model in the Open Neural Network Exchange format, as its file has it.
///
/// Source: [ONNX](https://onnx.ai/onnx/repo-docs/IR.html) and its `onnx.proto`.
public struct ONNXModel: Sendable {
  /// The path of the file.
  public let path: String
  /// The version of the operators without a domain; 1 where the file does not say.
  public internal(set) var opset = 1
  /// The program that wrote the file, as it calls itself.
  public internal(set) var producer = ""
  /// The version of that program; empty where the file does not say.
  public internal(set) var producerVersion = ""
  /// What else the file says, by key.
  public internal(set) var metadata: [String: String] = [:]
  /// The paths of the files beside the model that tensors lie in, in order.
  public internal(set) var dataFiles: [String] = []
  /// Inputs that examples give, in order; initialisers are not among them.
  public internal(set) var inputs: [ONNXValueInfo] = []
  /// The results, in order.
  public internal(set) var outputs: [ONNXValueInfo] = []
  /// The operations, each behind those that it reads.
  public internal(set) var nodes: [ONNXNode] = []
  /// Weights and constants, in order.
  public internal(set) var initialisers: [(name: String, tensor: HostTensor)] = []
}

/// The name and type of an input or output.
public struct ONNXValueInfo: Equatable, Sendable {
  /// The extent of one axis.
  public enum Extent: Equatable, Sendable {
    /// A number ≥ 0.
    case fixed(Int)
    /// One that each use chooses, such as the batch.
    case free(String)
  }

  /// The name.
  public let name: String
  /// The type of its elements; nil for what is no tensor of numbers.
  public let elementType: HostTensor.ElementType?
  /// The extents; nil where the file does not say.
  public let extents: [Extent]?

  /// The extents in brackets, such as `[batch, 1, 28, 28]`.
  public var shapeText: String {
    guard let extents else { return "[…]" }
    let texts = extents.map {
      switch $0 {
      case .fixed(let count): "\(count)"
      case .free(let name): name.isEmpty ? "?" : name
      }
    }
    return "[\(texts.joined(separator: ", "))]"
  }
}

/// An operation of a graph.
public struct ONNXNode: Sendable {
  /// Its name; empty for none.
  public internal(set) var name = ""
  /// The operator, such as `Conv`.
  public internal(set) var operation = ""
  /// Whose operator it is; empty for ONNX's own.
  public internal(set) var domain = ""
  /// The names of what it reads; empty for an input that is left out.
  public internal(set) var inputs: [String] = []
  /// The names of what it computes.
  public internal(set) var outputs: [String] = []
  /// What else it is told.
  public internal(set) var attributes: [String: ONNXAttribute] = [:]

  /// What messages call it.
  public var title: String {
    let label = name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name
    return label.isEmpty ? operation : "\(operation) '\(label)'"
  }
}

/// What a node is told besides its inputs.
public enum ONNXAttribute: Sendable {
  case int(Int)
  case float(Float)
  case text(String)
  case tensor(HostTensor)
  case ints([Int])
  case floats([Float])
  /// A graph, or another kind that no operator here reads.
  case other
}
