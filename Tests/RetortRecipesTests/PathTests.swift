import Foundation
import RetortData
import RetortFormats
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRecipes

/// Where the files lie that recipes name, and how recipes may be written to disk.
@Suite struct PathTests {
  private let recipe = """
    version: 1
    name: r
    data: {name: fashion-mnist, directory: pictures}
    teacher: {model: mlp, weights: ../teacher.safetensors}
    student: {model: mlp, weights: /abs/./student.safetensors}
    """

  private func write(_ text: String, _ path: String) throws {
    try AtomicFile.makeDirectories(FilePath.folder(of: path))
    try AtomicFile.write(Array(text.utf8), to: path)
  }

  @Test func relativePathsCountFromTheRecipe() throws {
    try SmallPictures.withFolder { home in
      try write(recipe, home + "/sub/r.yaml")
      let stage = try Recipe.load(home + "/sub/r.yaml").stages[0]
      #expect((stage.data.source as? FashionMNIST)?.directory == home + "/sub/pictures")
      #expect(stage.teacher?.source == .file(home + "/teacher.safetensors"))
      #expect(stage.student?.source == .file("/abs/student.safetensors"))
      // What is inherited counts from where it is written.
      try write("extends: ../sub/r.yaml\nversion: 1\nname: heir\n", home + "/other/heir.yaml")
      let heir = try Recipe.load(home + "/other/heir.yaml")
      #expect(heir.stages[0].teacher == stage.teacher && heir.stages[0].data == stage.data)
      // The expanded recipe means the same wherever it lies.
      try write(heir.expandedYAML, home + "/elsewhere/recipe.yaml")
      #expect(try Recipe.load(home + "/elsewhere/recipe.yaml").sha256 == heir.sha256)
    }
  }

  /// The hash is of what a recipe says: it stays where recipe and files move together.
  @Test func aCopiedRecipeHasTheSameHash() throws {
    try SmallPictures.withFolder { home in
      try write(recipe, home + "/a/r.yaml")
      try write(recipe, home + "/b/c/r.yaml")
      let (one, other) = try (Recipe.load(home + "/a/r.yaml"), Recipe.load(home + "/b/c/r.yaml"))
      #expect(one != other && one.sha256 == other.sha256)
      for override in ["teacher.weights=pupil.safetensors", "data.directory=photographs"] {
        let changed = try Recipe.load(home + "/a/r.yaml", overrides: [override])
        #expect(changed.sha256 != one.sha256, "\(override)")
      }
    }
  }

  @Test func onTheCommandLineTheyCountFromTheWorkingDirectory() throws {
    let here = FileManager.default.currentDirectoryPath
    try SmallPictures.withFolder { home in
      try write(recipe, home + "/r.yaml")
      let set = try Recipe.load(
        home + "/r.yaml", overrides: ["teacher.weights=a/b", "student={model: mlp, weights: c}"])
      #expect(set.stages[0].teacher?.source == .file(here + "/a/b"))
      #expect(set.stages[0].student?.source == .file(here + "/c"))
    }
    let bundled = try Recipe.load("fashion-kd")
    #expect(bundled.stages[0].teacher?.source == .file(here + "/teacher.safetensors"))
  }

  @Test func aTildeIsTheHome() throws {
    let home = try #require(ProcessInfo.processInfo.environment["HOME"])
    let recipe = try Recipe.decode(
      yaml: recipe.replacingOccurrences(of: "../teacher", with: "~/teacher"), path: "/x/r.yaml")
    let expected = try FilePath.absolute(home + "/teacher.safetensors")
    #expect(recipe.stages[0].teacher?.source == .file(expected))
    #expect(try FilePath.absolute("~", in: "/x") == FilePath.absolute(home))
    #expect(try FilePath.absolute("~backup", in: "/x") == "/x/~backup")
    #expect(try FilePath.absolute("a", in: "~/x") == FilePath.absolute(home + "/x/a"))
  }

  @Test func aByteOrderMarkIsRead() throws {
    try SmallPictures.withFolder { home in
      try write("\u{FEFF}" + recipe, home + "/r.yaml")
      #expect(try Recipe.load(home + "/r.yaml").name == "r")
      try write("\u{FEFF}nonsense: 1\n", home + "/r.yaml")
      let error = #expect(throws: RecipeErrors.self) { try Recipe.load(home + "/r.yaml") }
      #expect(error?.description.contains("r.yaml:1:1: unknown key 'nonsense'") == true)
    }
  }

  @Test(arguments: [
    (String.Encoding.utf16LittleEndian, [0xFF, 0xFE], "UTF-16"),
    (.utf16BigEndian, [0xFE, 0xFF], "UTF-16"), (.utf16LittleEndian, [], "UTF-16"),
    (.utf16BigEndian, [], "UTF-16"), (.utf32LittleEndian, [0xFF, 0xFE, 0, 0], "UTF-32"),
    (.utf32BigEndian, [0, 0, 0xFE, 0xFF], "UTF-32"), (.utf32BigEndian, [], "UTF-32"),
  ])
  func otherEncodingsAreNamed(
    _ encoding: String.Encoding, _ mark: [UInt8], _ name: String
  ) throws {
    try SmallPictures.withFolder { home in
      let bytes = mark + Array(try #require(recipe.data(using: encoding)))
      try AtomicFile.write(bytes, to: home + "/r.yaml")
      let error = #expect(throws: RecipeErrors.self) { try Recipe.load(home + "/r.yaml") }
      #expect(
        error?.description
          == "\(home)/r.yaml: \(home)/r.yaml: \(name) is not supported. Supported: "
          + "UTF-8; save the file in that encoding.")
    }
  }

  @Test(arguments: [
    ("version: 1\nname: a\nstudent:\n\tmodel: mlp\n", "r.yaml:4:1"),
    ("version: 1\nname: a\nstudent:\n  model: mlp\n\tseed: 1\n", "r.yaml:5:1"),
    ("version: 1\r\nname: a\r\nstudent:\r\n  \tmodel: mlp\r\n", "r.yaml:4:3"),
    ("version: 1\nname: a\nlosses:\n-\tkind: kd\n", "r.yaml:4:2"),
    ("\tversion: 1\n", "r.yaml:1:1"),
  ])
  func aTabIsExplained(_ yaml: String, _ place: String) {
    let error = #expect(throws: RecipeErrors.self) { try Recipe.decode(yaml: yaml, path: "r.yaml") }
    #expect(
      error?.description
        == "\(place): a tab stands here. YAML takes spaces alone before a key; use some.")
  }

  /// Tabs between a key and its value, and in comments, are YAML's own.
  @Test func otherTabsAreRead() throws {
    let recipe = try Recipe.decode(
      yaml: "version:\t1\nname: a\t# a\tcomment\nstudent: {model:\tmlp}\n", path: "r.yaml")
    #expect(recipe.name == "a")
  }
}
