import Glibc

/// What `RETORT_DEBUG` has the program print of its work, on standard error.
package enum DebugOutput: String, CaseIterable, Sendable {
  /// Every node of each graph that is compiled.
  case graph
  /// Every step of each plan, with its operands and where they come from.
  case plan
  /// Every launch of each plan: kernel, work-items, macros and arguments.
  case launches
  /// The text of each program that is built.
  case kernels

  /// The variable: words separated by commas.
  package static let variable = "RETORT_DEBUG"

  /// What is asked for in this process; words that mean nothing are passed over here, and refused by the
  /// command line.
  package static let asked = Set(words.compactMap(DebugOutput.init(rawValue:)))

  /// What is wrong with the variable, one line; nil if nothing is.
  package static let fault: String? = words.first { DebugOutput(rawValue: $0) == nil }.map {
    "\(variable) asks for '\($0)'; it takes " + allCases.map(\.rawValue).joined(separator: ", ")
  }

  private static let words: [String] =
    (CacheLocation.variable(variable) ?? "").split { $0 == "," || $0 == " " }.map(String.init)

  /// Prints what `text` makes under a heading, if it is asked for.
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
