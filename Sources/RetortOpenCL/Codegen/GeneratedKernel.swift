/// A kernel source of `Kernels/` with its macros filled in: one entry of a generated program.
///
/// The template's text may occur many times in one program, each time under another entry name;
/// the name holds a hash of the macros, so that equal kernels are one.
struct GeneratedKernel {
  /// The name of the `__kernel` function.
  let entry: String
  /// The text: macros, template, and the end of the macros.
  let text: String

  /// Fills in `template`.
  ///
  /// - Parameter macros: Names (with parameters) and lines of replacement text.
  init(_ template: String, name: String, _ macros: [(String, [String])]) throws(OpenCLError) {
    let definitions = macros.map { name, lines in
      "#define \(name) " + lines.joined(separator: " \\\n  ")
    }
    entry = "\(name)_\(FNV.hexadecimal(template + definitions.joined(separator: "\n")))"
    let names = ["ENTRY"] + macros.map { name, _ in String(name.prefix { $0 != "(" }) }
    let lines =
      ["#define ENTRY \(entry)"] + definitions + [try KernelSources.text(template)]
      + names.map { "#undef \($0)" }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// An entry's name without the hash, if it has one.
  static func template(ofEntry entry: String) -> String {
    let hash = entry.utf8.suffix(17)
    guard hash.count == 17, hash.first == UInt8(ascii: "_"), entry.utf8.count > 17,
      hash.dropFirst().allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return entry }
    return String(entry.dropLast(17))
  }
}
