import CKernels

/// The OpenCL C texts embedded in the binary, by their path under `Kernels/` without `.cl`.
package enum KernelSources {
  private static let texts: [String: String] = {
    let rows = UnsafeBufferPointer(
      start: retort_kernel_sources(), count: retort_kernel_source_count())
    return Dictionary(
      rows.map { (String(cString: $0.name), String(cString: $0.text)) },
      uniquingKeysWith: { first, _ in first })
  }()

  /// The names of all sources, sorted.
  package static var names: [String] { texts.keys.sorted() }

  /// The text of one source; a line `#include "file.cl"` stands for that file of the same folder,
  /// `#include "../folder/file.cl"` for that of another.
  package static func text(_ name: String) throws(OpenCLError) -> String {
    guard var text = texts[name] else { throw .unknownFamily(name) }
    let folder = name.prefix { $0 != "/" }
    while let start = text.firstRange(of: "#include \""),
      let end = text[start.upperBound...].firstRange(of: ".cl\"")
    {
      let path = text[start.upperBound..<end.lowerBound]
      let included = try Self.text(
        path.hasPrefix("../") ? String(path.dropFirst(3)) : "\(folder)/\(path)")
      text.replaceSubrange(start.lowerBound..<end.upperBound, with: included)
    }
    return text
  }
}
