/// A fault in a graph: recorded while it is built, thrown when a plan is made from it.
public enum GraphError: Error, Hashable, Sendable {
  /// Two operands whose shapes do not fit the operation.
  case shapeMismatch(operation: String, lhs: Shape, rhs: Shape, path: String)
  /// A shape or option that the operation does not allow.
  case invalidArgument(operation: String, reason: String, path: String)
  /// A derivative that does not exist.
  case notDifferentiable(operation: String, path: String)
  /// A tap name that no tensor upstream has.
  case unknownName(String, nearest: [String])
}

extension GraphError: CustomStringConvertible {
  /// One line: the module's path, the fault, and a remedy where there is one.
  public var description: String {
    switch self {
    case .shapeMismatch(let operation, let lhs, let rhs, let path):
      "\(place(path))\(operation) cannot combine shapes \(lhs) and \(rhs)"
    case .invalidArgument(let operation, let reason, let path):
      "\(place(path))\(operation): \(reason)"
    case .notDifferentiable(let operation, let path):
      "\(place(path))\(operation) has no derivative; stop the gradient before it"
    case .unknownName(let name, let nearest):
      "no value is named '\(name)'"
        + (nearest.isEmpty
          ? "" : "; near it are \(nearest.map { "'\($0)'" }.joined(separator: ", "))")
    }
  }

  private func place(_ path: String) -> String { path.isEmpty ? "" : "\(path): " }
}
