import Foundation
import RetortFormats
import RetortFuzzing
import RetortTestSupport
import Testing

/// The corpus of every reader of files, which it reads or refuses: without a crash, and within a minute.
@Suite struct CorpusTests {
  private static let corpora = "\(Goldens.folder)/../../Fuzz/Corpora"

  @Test(.timeLimit(.minutes(1)), arguments: FuzzedReader.all.map(\.name))
  func everyInputIsReadOrRefused(_ name: String) throws {
    let reader = try #require(FuzzedReader.all.first { $0.name == name })
    let corpus = "\(Self.corpora)/\(name)"
    let inputs = try FolderEntries.names(corpus)
    #expect(inputs.count > 1)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try reader.prepare(folder.path)
    for input in inputs {
      try reader.read(try FileBytes.read("\(corpus)/\(input)"), in: folder.path)
    }
  }

  @Test func everyCorpusHasItsReader() throws {
    #expect(Set(try FolderEntries.names(Self.corpora)) == Set(FuzzedReader.all.map(\.name)))
  }
}
