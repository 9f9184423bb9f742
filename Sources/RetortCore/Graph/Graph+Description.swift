extension Graph: CustomStringConvertible {
  /// The nodes, one a line: number, operation, operands, shape, type, and where in the model it was added.
  public var description: String {
    nodes.enumerated().map { index, node in
      let range = Int(node.inputStart)..<Int(node.inputStart) + Int(node.inputCount)
      let operands = inputPool[range].map { "%\($0)" }.joined(separator: " ")
      let line = "%\(index) = \(node.op) [\(operands)] → \(node.shape) \(node.dtype)"
      let scope = scopes[Int(node.scope)]
      return scope.isEmpty ? line : "\(line)  \(scope)"
    }.joined(separator: "\n")
  }
}
