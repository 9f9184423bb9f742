import RetortCore

/// The parameters of a generated kernel beside the arguments that a launch binds to them.
struct KernelParameters {
  private var declarations: [String] = []
  /// The arguments in the order of the parameters, labelled with their names.
  private(set) var arguments: LaunchArguments = [:]

  /// Adds a pointer.
  mutating func add(
    _ name: String, _ reference: BufferReference, _ dtype: DType, isConstant: Bool
  ) {
    let type = dtype == .float32 ? "float" : "int"
    declarations.append("__global \(isConstant ? "const " : "")\(type)* \(name)")
    arguments.append(name, .buffer(reference))
  }

  /// Adds an integer.
  mutating func add(_ name: String, _ value: Int) {
    declarations.append("const int \(name)")
    arguments.append(name, .int(value))
  }

  /// The declarations, each followed by a comma: the beginning of a parameter list.
  var leading: String { declarations.map { $0 + ", " }.joined() }
  /// The declarations, each after a comma: the end of a parameter list.
  var trailing: String { declarations.map { ", " + $0 }.joined() }
}
