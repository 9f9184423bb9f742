import Foundation
import RetortFormats
import Testing

/// Where results go that a person names.
@Suite struct OutputTests {
  /// The bundled recipe that the tests copy about.
  private func recipe() throws -> String {
    let small = try SmallRun()
    _ = try small.retort(["copy", "fashion-kd", "a.yaml"])
    return String(decoding: try small.read("a.yaml"), as: UTF8.self)
  }

  @Test func linksAreWrittenThrough() throws {
    let (small, expected) = (try SmallRun(), try recipe())
    try small.write(Array("old".utf8), to: "inner/target.yaml")
    #expect(chmod(small.path + "/inner/target.yaml", 0o640) == 0)
    for (link, target) in [
      ("one", "inner/target.yaml"), ("two", "one"), ("dangling", "inner/new.yaml"),
    ] {
      #expect(symlink(target, "\(small.path)/\(link)") == 0)
    }
    for link in ["two", "dangling"] {
      let copy = try small.retort(["copy", "fashion-kd", link, "--force"])
      #expect(copy.status == 0, "\(copy.errors)")
    }
    for name in ["inner/target.yaml", "inner/new.yaml"] {
      #expect(String(decoding: try small.read(name), as: UTF8.self) == expected)
    }
    var status = stat()
    for link in ["one", "two", "dangling"] {
      #expect(lstat("\(small.path)/\(link)", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
    // The mode of what was there is kept.
    #expect(stat(small.path + "/inner/target.yaml", &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o640)
  }

  @Test func pipesAndDevicesStayWhatTheyAre() throws {
    let (small, expected) = (try SmallRun(), try recipe())
    let pipe = small.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    #expect(try small.retort(["copy", "fashion-kd", "pipe"]).status == 0)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(reader, &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == expected)
    var status = stat()
    #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    #expect(try small.retort(["copy", "fashion-kd", "/dev/null"]).status == 0)
    #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    let full = try small.retort(["copy", "fashion-kd", "/dev/full"])
    #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full.errors)")
    let folder = try small.retort(["copy", "fashion-kd", "pictures"])
    #expect(folder.status == 1 && folder.errors.contains("Is a directory"), "\(folder.errors)")
  }

  @Test func aHyphenIsTheStandardOutput() throws {
    let (small, expected) = (try SmallRun(), try recipe())
    for file in ["-", "/dev/stdout"] {
      let copy = try small.retort(["copy", "fashion-kd", file])
      #expect(copy.status == 0 && copy.output == expected, "\(file): \(copy.errors)")
    }
    #expect(!small.exists("-"))
    let both = try small.retort(["copy", "fashion-kd", "-", "--json"])
    #expect(both.status == 2 && both.errors.contains("--json"))
    for arguments in [["explore", "a", "-o", "-"], ["report", "a", "-o", "-"]] {
      #expect(try small.retort(arguments + ["--json"]).status == 2, "\(arguments)")
    }
  }

  @Test func aPageAndAPictureGoToTheStandardOutput() throws {
    let small = try SmallRun(variants: 1)
    let run = try small.retort(["run", "small.yaml", "--device", "cpu", "--output", "out"])
    try #require(run.status == 0, "\(run.errors)")
    let page = try small.retort(["report", "out", "-o", "-"])
    #expect(page.output.hasPrefix("<!DOCTYPE html>") && page.output.hasSuffix("</html>\n"))
    let picture = try small.retort(
      ["explore", "out", "--device", "cpu", "--parents", "8", "--shown", "2", "--output", "-"])
    #expect(picture.status == 0 && picture.output.contains("IHDR"))
    #expect(!picture.output.contains("divergence"))
  }

  /// A pipe that takes little at a time and would rather fail than wait.
  @Test func aSlowReaderIsWaitedFor() throws {
    let expected = try CommandLineTool.run(["list", "--json"]).output
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    #expect(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
    let setPipeSize: Int32 = 1031
    let room = fcntl(ends[1], setPipeSize, 4096)
    #expect(expected.utf8.count > Int(room))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLineTool.path)
    process.arguments = ["list", "--json"]
    process.standardOutput = FileHandle(fileDescriptor: ends[1], closeOnDealloc: false)
    try process.run()
    close(ends[1])
    usleep(300_000)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 512)
    while case let count = read(ends[0], &buffer, buffer.count), count > 0 {
      bytes += buffer.prefix(count)
      usleep(1000)
    }
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }
}
