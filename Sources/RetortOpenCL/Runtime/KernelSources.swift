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

  /// The text of one source.
  package static func text(_ name: String) throws(OpenCLError) -> String {
    guard let text = texts[name] else { throw .unknownFamily(name) }
    return text
  }
}
