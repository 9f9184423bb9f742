import Testing

@Suite struct LayerTests {
  @Test(arguments: Layers.table.map(\.module)) func importsPointDown(_ module: String) throws {
    let row = try #require(Layers.table.first { $0.module == module })
    let files = try SourceTree.files("Sources/\(module)", "swift")
    #expect(!files.isEmpty)
    for file in files {
      for (name, line) in Layers.imports(in: try SourceTree.text(file)) {
        #expect(
          row.imports.contains(name) || Layers.everywhere.contains(name),
          "\(file):\(line): \(module) may not import \(name)")
      }
    }
  }

  @Test func theManifestAllowsNoMore() throws {
    let manifest = try SourceTree.text("Package.swift")
    for (module, imports) in Layers.table {
      let dependencies = try #require(Layers.dependencies(of: module, in: manifest))
      #expect(
        dependencies.subtracting(imports).isEmpty,
        "\(module) may not depend on \(dependencies.subtracting(imports).sorted())")
    }
  }

  @Test func noArrowPointsUp() {
    var below: Set<String> = []
    let modules = Set(Layers.table.map(\.module))
    for (module, imports) in Layers.table {
      #expect(imports.intersection(modules).isSubset(of: below), "\(module)")
      below.insert(module)
    }
  }

  @Test func everySwiftTargetHasItsRow() throws {
    let targets = try SourceTree.folders("Sources").filter { !$0.hasPrefix("C") }
    #expect(Set(targets) == Set(Layers.table.map(\.module)))
  }

  @Test func importsAreFound() {
    let source = """
      // import Comment
      @_exported import First
      package import Second
      import struct Third.Part
      @testable import Fourth
      let important = 1
      """
    #expect(Layers.imports(in: source).map(\.module) == ["First", "Second", "Third", "Fourth"])
    #expect(Layers.imports(in: source).map(\.line) == [2, 3, 4, 5])
  }

  @Test func dependenciesAreFound() throws {
    let manifest = try SourceTree.text("Package.swift")
    #expect(Layers.dependencies(of: "RetortNN", in: manifest) == ["RetortCore"])
    #expect(Layers.dependencies(of: "RetortCore", in: manifest) == [])
    let recipes = try #require(Layers.dependencies(of: "RetortRecipes", in: manifest))
    #expect(recipes.isSuperset(of: ["RetortDistillation", "CRecipes", "Yams"]))
    #expect(Layers.dependencies(of: "RetortNowhere", in: manifest) == nil)
  }
}
