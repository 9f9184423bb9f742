import Glibc
import RetortFormats
import Testing

@Suite struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(try FileBytes.read(path) == [1, 2, 3])
    try AtomicFile.write([], to: path)
    #expect(try FileBytes.read(path) == [])
    #expect(folder.entries == ["a"])
  }

  @Test func aFileInMemoryIsReplacedToo() throws {
    let path = "/dev/shm/retort-\(getpid())"
    defer { unlink(path) }
    try AtomicFile.write([1, 2, 3], to: path)
    try AtomicFile.write([4], to: path)
    #expect(try FileBytes.read(path) == [4])
  }

  @Test func aFailureLeavesTheOldFileAndNothingBesideIt() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    try AtomicFile.write([1], to: path)
    let stop = FormatError("test", .notARegularFile)
    let error = #expect(throws: FormatError.self) {
      try AtomicFile.write(to: path) { (writer: AtomicFile.Writer) throws(FormatError) in
        try writer.append([9, 9][...])
        throw stop
      }
    }
    #expect(error == stop)
    #expect(try FileBytes.read(path) == [1])
    #expect(folder.entries == ["a"])
  }

  @Test func aFullDiskIsReported() throws {
    let descriptor = open("/dev/full", O_WRONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let error = #expect(throws: FormatError.self) {
      try AtomicFile.Writer(descriptor: descriptor, path: "a").append([1])
    }
    #expect(
      error?.description
        == "a: write failed: No space left on device. Free some disk space.")
  }

  @Test func aMissingFolderIsReported() {
    let error = #expect(throws: FormatError.self) {
      try AtomicFile.write([1], to: "/nonexistent/a")
    }
    #expect(error?.fault == .system(call: "open", code: ENOENT))
  }

  @Test func aFolderInTheWayIsReported() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FormatError.self) { try AtomicFile.write([1], to: folder.path) }
    #expect(error?.fault == .system(call: "open", code: EISDIR))
    #expect(folder.entries == [])
    #expect(!FileBytes.isReadable("\(folder.path).\(getpid())-0.partial"))
  }

  @Test func leftoversOfADeadProcessAreNotInTheWay() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a"
    let leftover = "a.\(getpid())-0.partial"
    try AtomicFile.write([7], to: "\(folder.path)/\(leftover)")
    try AtomicFile.write([1], to: path)
    #expect(try FileBytes.read(path) == [1])
    #expect(folder.entries == ["a", leftover])
  }

  @Test func foldersAreMade() throws {
    let folder = try TemporaryFolder()
    let deep = "\(folder.path)/x/y"
    try AtomicFile.makeDirectories(deep)
    try AtomicFile.makeDirectories(deep)
    try AtomicFile.write([1], to: "\(deep)/a")
    #expect(throws: FormatError.self) { try AtomicFile.makeDirectories("\(deep)/a/b") }
    #expect(FileBytes.size("\(deep)/a") == 1)
    #expect(FileBytes.size("\(deep)/b") == nil)
    unlink("\(deep)/a")
    rmdir(deep)
    rmdir("\(folder.path)/x")
  }
}
