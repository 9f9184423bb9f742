import RetortCore

/// Why a model cannot be written as an ONNX file.
public enum ExportError: Error, Equatable, Sendable {
  /// An operation of training alone: its name, and where it stands.
  case training(operation: String, node: String)
  /// Extents or numbers that hold for one size of the batch only.
  case fixedBatch(operation: String, node: String)
  /// State that is none of the model's weights.
  case foreignState(name: String, node: String)
  /// The model has no weights of this name.
  case missingWeights(String)
  /// The model does not fit its examples.
  case graph(GraphError)
}

extension ExportError: CustomStringConvertible {
  /// One line: the operation, its place, the fault, and a remedy.
  public var description: String {
    switch self {
    case .training(let operation, let node):
      "\(Self.place(node))\(operation) stands in training alone, so ONNX has none; "
        + "export the model in evaluation mode"
    case .fixedBatch(let operation, let node):
      "\(Self.place(node))\(operation) holds for one number of examples only, but an exported model "
        + "takes any; write the model without that number"
    case .foreignState(let name, let node):
      "\(Self.place(node))'\(name)' is none of the model's weights; export the model by itself"
    case .missingWeights(let name):
      "there are no weights for '\(name)'; check that the file belongs to this model"
    case .graph(let error): "\(error)"
    }
  }

  private static func place(_ node: String) -> String { node.isEmpty ? "" : "\(node): " }
}
