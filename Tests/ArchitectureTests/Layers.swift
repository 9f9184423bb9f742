import Foundation

/// Which module may import which: the arrows of ARCHITECTURE.md, none of which points up.
enum Layers {
  /// What any module may import.
  static let everywhere: Set<String> = [
    "Dispatch", "FoundationEssentials", "Glibc", "Swift", "Synchronization",
  ]

  /// Modules with what they may import, each below those that import it.
  static let table: [(module: String, imports: Set<String>)] = [
    ("RetortCore", []),
    ("RetortCPU", ["RetortCore", "CRetortCPU"]),
    ("RetortOpenCL", ["RetortCore", "COpenCL", "CKernels"]),
    ("RetortFormats", ["RetortCore", "CZlib", "CSpng", "CTurboJPEG"]),
    ("RetortSchema", ["RetortCore", "RetortFormats"]),
    ("RetortNN", ["RetortCore"]),
    ("RetortData", ["RetortCore", "RetortNN", "RetortFormats", "RetortSchema", "CRetortHost"]),
    ("RetortModels", ["RetortCore", "RetortNN", "RetortFormats"]),
    (
      "RetortTraining",
      ["RetortCore", "RetortNN", "RetortData", "RetortFormats", "RetortSchema"]
    ),
    ("RetortDistillation", ["RetortCore", "RetortNN", "RetortSchema", "RetortTraining"]),
    (
      "RetortVerification",
      [
        "RetortCore", "RetortCPU", "RetortNN", "RetortTraining", "RetortDistillation",
        "RetortFormats",
      ]
    ),
    (
      "RetortRecipes",
      [
        "RetortCore", "RetortNN", "RetortModels", "RetortData", "RetortTraining",
        "RetortDistillation", "RetortFormats", "RetortSchema", "CRecipes", "Yams",
      ]
    ),
    (
      "RetortRuns",
      [
        "RetortCore", "RetortNN", "RetortModels", "RetortData", "RetortTraining",
        "RetortDistillation", "RetortRecipes", "RetortFormats", "RetortSchema", "CReport",
      ]
    ),
    (
      "RetortFuzzing",
      [
        "RetortData", "RetortFormats", "RetortModels", "RetortNN", "RetortRecipes", "RetortRuns",
        "RetortTraining",
      ]
    ),
    (
      "Retort",
      [
        "RetortCore", "RetortNN", "RetortModels", "RetortData", "RetortTraining", "RetortFormats",
        "RetortDistillation", "RetortSchema", "RetortRecipes", "RetortRuns", "RetortCPU",
        "RetortOpenCL",
      ]
    ),
    (
      "RetortCLI",
      [
        "RetortCore", "RetortCPU", "RetortOpenCL", "RetortNN", "RetortModels", "RetortFormats",
        "RetortData", "RetortTraining", "RetortDistillation", "RetortRecipes", "RetortRuns",
        "RetortSchema", "RetortVerification", "CVerificationCases", "ArgumentParser",
      ]
    ),
  ]

  /// The modules that `source` imports, with their lines counted from 1.
  static func imports(in source: String) -> [(module: String, line: Int)] {
    source.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      index, line in
      let words = line.split(separator: " ").filter { !$0.hasPrefix("@") }
      guard let keyword = words.firstIndex(of: "import"), keyword <= 1, words.count > keyword + 1,
        keyword == 0 || accessLevels.contains(words[0])
      else { return nil }
      // `import struct Module.Name` names the module in its last word.
      let name = words[words.count - 1].prefix { $0 != "." }
      return (String(name), index + 1)
    }
  }

  private static let accessLevels: Set<Substring> = ["public", "package", "internal", "private"]

  /// The dependencies that the manifest gives `module`, or nil if it has no such target.
  static func dependencies(of module: String, in manifest: String) -> Set<String>? {
    guard
      let start = manifest.range(of: "arget(name: \"\(module)\"")
        ?? manifest.range(of: "arget(\n      name: \"\(module)\"")
    else { return nil }
    let rest = manifest[start.upperBound...]
    let end = rest.range(of: "arget(")?.lowerBound ?? rest.endIndex
    guard let list = rest[..<end].range(of: "dependencies: [") else { return [] }
    let names = rest[list.upperBound..<end].split(
      separator: "\"", omittingEmptySubsequences: false
    ).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    // A product names its package too; the module's name comes first, and here they differ.
    return Set(names.filter { $0.first?.isUppercase == true })
  }
}
