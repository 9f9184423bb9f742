import Glibc

/// The debugging output that the environment variable `RETORT_DEBUG` selects, on standard error.
package enum DebugOutput: String, CaseIterable, Sendable {
  /// Every node of each graph that is compiled.
  case graph
  /// Every step of each plan, with its operands and where they come from.
  case plan
  /// The steps of each plan that a backend's kernels may compute together.
  case analysis
  /// Every launch of each plan: kernel, work-items, macros and arguments.
  case launches
  /// The text of each program that is built.
  case kernels

  /// The name of the environment variable, whose value is a list of words separated by commas.
  package static let variable = "RETORT_DEBUG"

  /// The output selected for this process; unknown words are ignored here and rejected by the command line.
  package static let asked = Set(words.compactMap(DebugOutput.init(rawValue:)))

  /// A one-line message about the variable's first unknown word; nil if there is none.
  package static let fault: String? = words.first { DebugOutput(rawValue: $0) == nil }.map {
    "\(variable) asks for '\($0)'; it takes " + allCases.map(\.rawValue).joined(separator: ", ")
  }

  private static let words: [String] =
    (CacheLocation.variable(variable) ?? "").split { $0 == "," || $0 == " " }.map(String.init)

  /// Prints `text` under a heading, if this output is selected.
  package func write(_ heading: @autoclosure () -> String, _ text: () -> String) {
    guard DebugOutput.asked.contains(self) else { return }
    var bytes = Array("-- \(rawValue): \(heading())\n\(text())\n".utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
