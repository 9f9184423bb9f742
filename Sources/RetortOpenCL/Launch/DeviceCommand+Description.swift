extension DeviceCommand: CustomDebugStringConvertible {
  /// The command with sizes, macros and arguments, on one line.
  package var debugDescription: String {
    switch self {
    case .kernel(let launch):
      let macros = launch.macros.pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
      let arguments = launch.arguments.pairs.map { "\($0.name): \($0.value)" }
        .joined(separator: ", ")
      return "\(launch.family ?? "generated")/\(launch.entry) \(launch.global) by \(launch.local) "
        + "(\(arguments)) {\(macros)}  \(description.task) \(launch.label)"
    case .sgemm, .copy: return description.label
    }
  }
}
