import Testing

@Suite struct HouseRuleTests {
  @Test(arguments: [("Sources", "swift", 400), ("Tests", "swift", 400), ("Kernels", "cl", 250)])
  func filesAreShort(_ folder: String, _ pathExtension: String, _ limit: Int) throws {
    let files = try SourceTree.files(folder, pathExtension)
    #expect(!files.isEmpty)
    for file in files {
      let lines =
        try SourceTree.text(file).split(
          separator: "\n", omittingEmptySubsequences: false
        ).count - 1
      #expect(lines <= limit, "\(file) has \(lines) lines")
    }
  }

  @Test func nothingCrashesOnPurpose() throws {
    for file in try SourceTree.files("Sources", "swift") {
      for (word, line) in Self.crashes(in: try SourceTree.text(file)) {
        Issue.record("\(file):\(line): \(word)")
      }
    }
  }

  @Test func crashesAreFound() {
    let source = "let a = try! b()\n// fatalError is banned\nfatalError(\"x\")\nlet c = d as! E\n"
    #expect(Self.crashes(in: source).map(\.line) == [1, 3, 4])
  }

  private static func crashes(in source: String) -> [(word: String, line: Int)] {
    var found: [(word: String, line: Int)] = []
    for (index, text) in source.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let code = text.prefix(upTo: text.firstRange(of: "//")?.lowerBound ?? text.endIndex)
      for word in ["try!", "as!", "fatalError("] where code.contains(word) {
        found.append((word, index + 1))
      }
    }
    return found
  }

  /// Comments name measurements by their heading, such as `Benchmarks/NOTES.md, "Tried and dropped"`.
  @Test func everyMeasurementThatCommentsNameExists() throws {
    let notes = try SourceTree.text("Benchmarks/NOTES.md").split(separator: "\n")
    let headings = Set(notes.filter { $0.hasPrefix("## ") }.map { $0.dropFirst(3) })
    var count = 0
    for file in try SourceTree.files("Sources", "swift") {
      let lines = try SourceTree.text(file).split(separator: "\n").map { line in
        line.drop { $0 == " " || $0 == "/" }
      }
      for rest in lines.joined(separator: " ").split(separator: "Benchmarks/NOTES.md, \"")
        .dropFirst()
      {
        let heading = rest.prefix { $0 != "\"" }
        #expect(headings.contains(heading), "\(file) names '\(heading)'")
        count += 1
      }
    }
    #expect(count > 10)
  }

  @Test func everyKernelIsEmbedded() throws {
    let list = try SourceTree.text("Kernels/kernels.c")
    let files = try SourceTree.files("Kernels", "cl").map { String($0.dropFirst("Kernels/".count)) }
    #expect(files.contains("prelude.cl"))
    for file in files {
      #expect(list.contains("#embed \"\(file)\""), "\(file) is missing in Kernels/kernels.c")
      #expect(list.contains("\"\(file.dropLast(3))\""), "\(file) has no row in Kernels/kernels.c")
    }
    #expect(list.split(separator: "#embed").count - 1 == files.count)
  }

  @Test func everyBundledRecipeIsEmbedded() throws {
    let list = try SourceTree.text("Recipes/recipes.c")
    for file in try SourceTree.files("Recipes", "yaml") {
      let name = file.dropFirst("Recipes/".count)
      #expect(list.contains("#embed \"\(name)\""), "\(name) is missing in Recipes/recipes.c")
    }
  }
}
