import RetortFormats
import Testing

/// Files that people have in the place of weights, pictures and texts.
@Suite struct ForeignFileTests {
  private static let cases: [(bytes: [UInt8], says: String)] = [
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n".utf8),
      "this is a Git LFS pointer. Fetch the file that it stands for: 'git lfs pull'."
    ),
    (
      [0x50, 0x4B, 3, 4, 0, 0, 8, 8, 0, 0, 0, 0],
      "this is a ZIP archive, as PyTorch writes .pt files. Weights are read from PyTorch's files "
    ),
    (
      [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19],
      "this is a pickle, as older versions of PyTorch write .pt files. Weights are read"
    ),
    (
      Array("\u{FEFF}\n  <!DOCTYPE HTML>\n<html lang=\"en\">".utf8),
      "this is a web page (HTML). Download the file itself"
    ),
    (Array("<html><body>".utf8), "this is a web page (HTML)."),
    ([0x89] + Array("HDF\r\n\u{1A}\n".utf8), "this is an HDF5 file. Convert it"),
    ([0x93] + Array("NUMPY\u{1}\u{0}v\u{0}{'descr'".utf8), "this is a NumPy array. Convert it"),
    (Array("GGUF\u{3}\u{0}\u{0}\u{0}".utf8), "this is a GGUF file."),
  ]

  @Test(arguments: cases) func isNamedWithTheWayOut(_ bytes: [UInt8], _ text: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    try AtomicFile.write(bytes, to: path)
    let readers: [(String) throws -> Void] = [
      { _ = try Safetensors.read($0) }, { _ = try IDX.read($0) }, { _ = try PNGImage.read($0) },
      { _ = try JSONValue.read($0, limit: 1000) }, { _ = try TextFile.read($0, limit: 1000) },
    ]
    for read in readers {
      let error = #expect(throws: FormatError.self) { try read(path) }
      #expect(error?.description.hasPrefix("\(path): \(text)") == true, "\(error!)")
    }
  }

  /// A header of 0x04034B50 bytes, the length that a ZIP archive's first bytes would be.
  @Test func aLongHeaderIsNoArchive() {
    let bytes = [0x50, 0x4B, 3, 4, 0, 0, 0, 0] + Array("{}".utf8)
    let error = #expect(throws: FormatError.self) { try Safetensors.parse(bytes) }
    #expect(error?.fault == .truncated(needed: 0x0403_4B50, available: 2))
  }

  @Test func textsMayHaveAMarkAndMustBeUTF8() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file.json"
    try AtomicFile.write(Array("\u{FEFF}{\"a\": 1}".utf8), to: path)
    #expect(try JSONValue.read(path, limit: 100)["a"]?.int == 1)
    try AtomicFile.write(Array("\u{FEFF}{\"a\": x}".utf8), to: path)
    let error = #expect(throws: FormatError.self) { try JSONValue.read(path, limit: 100) }
    #expect(error?.offset == 9, "a place in the file")
    for (bytes, name) in [
      ([0xFF, 0xFE, 0x7B, 0], "UTF-16"), ([0xFE, 0xFF, 0, 0x7B], "UTF-16"),
      ([0x7B, 0, 0x7D, 0], "UTF-16"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0x7B, 0, 0, 0], "UTF-32"),
    ] as [([UInt8], String)] {
      try AtomicFile.write(bytes, to: path)
      let error = #expect(throws: FormatError.self) { try JSONValue.read(path, limit: 100) }
      #expect(
        error?.fault
          == .unsupported(what: name, supported: "UTF-8; save the file in that encoding"))
    }
  }
}
