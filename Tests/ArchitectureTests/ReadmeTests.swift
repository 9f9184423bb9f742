import Foundation
import Retort
import RetortTestSupport
import Testing

@Suite struct ReadmeTests {
  @Test(arguments: ["LibraryExample", "LibraryRecipe"])
  func theLibraryExampleIsTheOneThatIsTested(_ name: String) throws {
    let example = try SourceTree.text("Tests/ArchitectureTests/\(name).swift")
    #expect(try blocks("swift").contains(example))
  }

  @Test func everyModuleIsListed() throws {
    let readme = try SourceTree.text("README.md")
    for (module, _) in Layers.table where module != "Retort" {
      #expect(readme.contains("\n| `Sources/\(module)` | "), "\(module)")
    }
  }

  /// The table of a stage's keys is what their declarations say.
  @Test func theKeysOfAStageAreListed() throws {
    let readme = try SourceTree.text("README.md")
    let rows = StageSpec.keys.map { key in "| `\(key.name)` | \(key.infos[0].meaning) |" }
    #expect(
      readme.contains("| key | what it is |\n|---|---|\n" + rows.joined(separator: "\n") + "\n\n"))
  }

  /// The loss that the page adds is the one that is there, file for file and line for line.
  @Test func theWalkThroughOfALossIsWhatWasDone() throws {
    let page = try SourceTree.text("CONTRIBUTING.md")
    let losses = "Sources/RetortDistillation/Losses"
    let file = try SourceTree.text("\(losses)/Response/LogitLoss.swift")
    #expect(page.contains("```swift\n\(file)```\n"))
    let line = "CatalogEntry(LogitLoss.self),"
    #expect(page.contains("`\(line)`"))
    #expect(try SourceTree.text("\(losses)/DistillationLoss.swift").contains(line))
    #expect(
      try Recipe.load("fashion-kd", overrides: ["losses.1={kind: logits, weight: 0.1}"])
        .stages[0].losses[1].name == "logits")
  }

  /// The scheme that the page adds is the one that is there, and nothing else names it.
  @Test func theWalkThroughOfASchemeIsWhatWasDone() throws {
    let page = try SourceTree.text("CONTRIBUTING.md")
    let schemes = "Sources/RetortDistillation/Schemes"
    let file = "\(schemes)/GenerativeTraining.swift"
    #expect(page.contains("```swift\n\(try SourceTree.text(file))```\n"))
    let line = "CatalogEntry(Generative.self),"
    #expect(page.contains("`\(line)`"))
    #expect(try SourceTree.text("\(schemes)/SchemeCatalog.swift").contains(line))
    #expect(
      try Recipe.load("fashion-models", overrides: ["stages.1.scheme=generative"]).stages[1]
        .trainees.map(\.name) == ["generator"])
    #expect(throws: Never.self) { try RecipeReference.entry("generative") }
    // Stages without a scheme have these two; no other is spoken of outside its file and the catalog.
    for name in ["Mutual", "Adversarial"] {
      for other in try SourceTree.files("Sources", "swift")
      where !other.hasPrefix(schemes) {
        #expect(!(try SourceTree.text(other).contains("\(name)(")), "\(other)")
      }
    }
  }

  /// The table of losses has each, in order, with what it says of itself.
  @Test func everyLossIsListed() throws {
    let readme = try SourceTree.text("README.md")
    let rows = LossCatalog.all.entries.map { entry in
      "| `\(entry.name)` | \(entry.explanation.summary) | \(entry.explanation.source) |"
    }
    #expect(
      readme.contains(
        "| loss | what it is | source |\n|---|---|---|\n" + rows.joined(separator: "\n") + "\n\n"))
  }

  @Test func everySchemeIsListed() throws {
    let readme = try SourceTree.text("README.md")
    for name in SchemeCatalog.all.names { #expect(readme.contains("| `\(name)`"), "\(name)") }
  }

  /// The dataset that the page adds is the one that is there, and no other file knows it.
  @Test func theWalkThroughOfADatasetIsWhatWasDone() throws {
    let page = try SourceTree.text("CONTRIBUTING.md")
    let datasets = "Sources/RetortData/Datasets"
    let files = ["\(datasets)/DatasetCatalog.swift", "\(datasets)/LabelledTextFiles.swift"]
    #expect(page.contains("```swift\n\(try SourceTree.text(files[1]))```\n"))
    let line = "CatalogEntry(LabelledTextFiles.self),"
    #expect(page.contains("`\(line)`"))
    #expect(try SourceTree.text(files[0]).contains(line))
    let all = try SourceTree.files("Sources", "swift")
    #expect(try all.filter { try SourceTree.text($0).contains("LabelledTextFiles") } == files)
    let keys = [
      "training=a.tsv", "test=b.tsv", "vocabulary=c.txt", "lowercase=false", "labelled=9",
    ]
    let recipe = try Recipe.load("text-kd", overrides: keys.map { "data.\($0)" })
    #expect(recipe.stages[1].data.selection == .labelled(9))
    #expect((recipe.stages[1].data.source as? LabelledTextFiles)?.encoding.lowercase == false)
    #expect(RecipeReference.all(.dataset).contains { $0.name == "text" })
  }

  /// The model that the page adds is the one that is there, and no other file knows it.
  @Test func theWalkThroughOfAModelIsWhatWasDone() throws {
    let page = try SourceTree.text("CONTRIBUTING.md")
    let models = "Sources/RetortModels"
    let files = ["\(models)/Catalog/ModelCatalog.swift", "\(models)/Classifiers/MLP.swift"]
    #expect(page.contains("```swift\n\(try SourceTree.text(files[1]))```\n"))
    #expect(page.contains("`MLP.entry,`"))
    #expect(try SourceTree.text(files[0]).contains("      MLP.entry,\n"))
    let all = try SourceTree.files("Sources", "swift")
    #expect(
      try all.filter { try SourceTree.text($0).contains(/\bMLP\b/.wordBoundaryKind(.simple)) }
        == files)
    let recipe = try Recipe.load(
      "fashion-kd", overrides: ["student={model: mlp, hidden1: 64, hidden2: 0}"])
    #expect(recipe.stages[0].student?.options["hidden1"] == 64)
    #expect(RecipeReference.all(.model).contains { $0.name == "mlp" })
  }

  /// The table of an op's files has each that names the op, but for what makes use of it.
  @Test func theWalkThroughOfAnOpIsWhole() throws {
    let page = try SourceTree.text("CONTRIBUTING.md")
    let section = try #require(
      page.split(separator: "\n## ").first { $0.hasPrefix("An op with its kernel") })
    let listed = section.matches(of: #/(?m)^\| `([^`]+)` \| /#).map { String($0.1) }
    let sources = try ["swift", "h", "c"].flatMap { try SourceTree.files("Sources", $0) }
    let kernels = try ["cl", "c"].flatMap { try SourceTree.files("Kernels", $0) }
    let naming = try (sources + kernels).filter {
      try SourceTree.text($0).contains(
        /\blatent(Step|_step)\b/.wordBoundaryKind(.simple))
    }
    let users = ["Sources/RetortDistillation/Exploration/Explorer.swift"]
    #expect(listed.sorted() == naming.filter { !users.contains($0) }.sorted())
  }

  /// The manifest as printed, of a package beside a folder `retort`, finds the product.
  @Test func theManifestFindsTheLibrary() throws {
    let manifest = try #require(try blocks("swift").first { $0.contains("PackageDescription") })
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let app = root.appendingPathComponent("app")
    let sources = app.appendingPathComponent("Sources/MyDistillation")
    try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
    try Data(manifest.utf8).write(to: app.appendingPathComponent("Package.swift"))
    try Data("import Retort\n".utf8).write(to: sources.appendingPathComponent("main.swift"))
    try FileManager.default.createSymbolicLink(
      at: root.appendingPathComponent("retort"), withDestinationURL: SourceTree.root)
    let swift = Process()
    swift.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    swift.arguments = ["swift", "package", "--package-path", app.path, "show-dependencies"]
    let output = Pipe()
    (swift.standardOutput, swift.standardError) = (output, output)
    try swift.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    swift.waitUntilExit()
    #expect(swift.terminationStatus == 0, "\(text)")
  }

  @Test func theRecipeIsOne() throws {
    let recipe = try #require(try blocks("yaml").first)
    #expect(recipe.split(separator: "\n").count <= 20)
    let path = NSTemporaryDirectory() + "retort-readme-\(UUID().uuidString).yaml"
    try recipe.write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: Never.self) { try Recipe.load(path) }
  }

  @Test func theNewestChangesAreOfThisVersion() throws {
    let changes = try SourceTree.text("CHANGELOG.md")
    let heading = try #require(changes.split(separator: "\n").first { $0.hasPrefix("## ") })
    #expect(heading == "## \(retortVersion)")
  }

  @Test func everyModelIsListed() throws {
    let readme = try SourceTree.text("README.md")
    for model in ModelCatalog.all { #expect(readme.contains("`\(model.name)`"), "\(model.name)") }
  }

  @Test func everyMakeTargetExists() throws {
    let makefile = try SourceTree.text("Makefile")
    let targets = Set(
      makefile.matches(of: #/(?m)^([a-z-]+):.*## /#).map { String($0.1) })
    #expect(targets.isSuperset(of: ["demo", "test", "lint"]))
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Benchmarks/README.md"] {
      for use in try SourceTree.text(page).matches(of: #/`make ([a-z-]+)/#) {
        #expect(targets.contains(String(use.1)), "\(page) speaks of 'make \(use.1)'")
      }
    }
  }

  @Test(arguments: ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Documentation/json.md"])
  func everyPathExists(
    _ page: String
  ) throws {
    let paths = try SourceTree.text(page).matches(
      of:
        #/`((?:Sources|Kernels|Tests|Recipes|Benchmarks|Scripts|Documentation)/[A-Za-z0-9_\/.+-]*)`/#
    )
    #expect(!paths.isEmpty)
    for path in paths {
      let file = SourceTree.root.appendingPathComponent(String(path.1)).path
      #expect(FileManager.default.fileExists(atPath: file), "\(page) speaks of \(path.1)")
    }
  }

  private func blocks(_ language: String) throws -> [String] {
    try SourceTree.text("README.md").components(separatedBy: "```\(language)\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
  }
}
