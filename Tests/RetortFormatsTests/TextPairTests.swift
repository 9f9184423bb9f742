import RetortTestSupport
import Testing

@testable import RetortFormats

/// Files of pairs of texts, one's own and apt's.
@Suite struct TextPairTests {
  private func withFile<Result>(
    _ text: String, _ body: (String) throws -> Result
  ) throws -> Result {
    let path = try temporaryFolder().path + "/pairs"
    try AtomicFile.write(Array(text.utf8), to: path)
    return try body(path)
  }

  @Test func linesAreTwoTexts() throws {
    let pairs = try withFile("\u{FEFF}a b\tc \"d\"\r\n \t \n\nx\ty\\n\n") { try TextPair.read($0) }
    #expect(pairs == [TextPair("a b", "c \"d\""), TextPair("x", "y\\n")])
  }

  @Test(arguments: [
    ("a\tb\nc\n", "line 2: one text"), ("a\tb\tc\n", "line 1: 3 texts"),
    ("a\t \n", "line 1: one text"),
  ])
  func otherLinesAreNamed(_ text: String, _ says: String) throws {
    let error = #expect(throws: FormatError.self) { try withFile(text) { try TextPair.read($0) } }
    let words = "\(says) is not supported. Supported: two texts with a tab between them."
    #expect(error?.description.hasSuffix(words) == true, "\(error!)")
  }

  private static let packages = """
    Package: a
    Description-md5: 0
    Description-en: short a
     First lines
     of a.
     .
     The end:
      * a list

    Package: a-data
    Description-en: short a, data
     First lines
     of a.
     .
     Data.

    Package: empty
    Description-en: short only
    Package: b
    Description: short b
     Text of b.
    Tag: x
     not a description

    """

  @Test func descriptionsOfOnePackageASource() throws {
    let pairs = try withFile(Self.packages) { try PackageDescriptions.read($0) }
    #expect(
      pairs == [
        TextPair("short a", "First lines of a. The end: * a list"),
        TextPair("short b", "Text of b."),
      ])
  }

  @Test func otherFilesAreRefused() throws {
    let error = #expect(throws: FormatError.self) {
      try withFile("Package: a\nVersion: 1\n x\n") { try PackageDescriptions.read($0) }
    }
    #expect(error?.description.contains("Translation-en") == true)
  }
}
