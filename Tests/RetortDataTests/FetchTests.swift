import Glibc
import RetortData
import RetortFormats
import Testing

@Suite struct FetchTests {
  static let contents: [[UInt8]] = [
    noise(50_000), Array("labels".utf8),
  ]
  static let packed = contents.map { Gzip.deflate($0) }
  static let source = DatasetSource(
    name: "sample", baseURL: "http://127.0.0.1:1",
    files: [
      file("images.gz", 0), file("labels.gz", 1),
    ])

  /// Bytes that hardly compress, always the same.
  static func noise(_ count: Int) -> [UInt8] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
  }

  static func file(_ name: String, _ index: Int) -> DatasetSource.File {
    DatasetSource.File(
      name: name, byteCount: packed[index].count, contentByteCount: contents[index].count,
      contentSHA256: SHA256.hexadecimal(contents[index]))
  }

  /// Programs that are installed, each of which must pass every test.
  static let programs = ["curl", "wget"].filter { access("/usr/bin/\($0)", X_OK) == 0 }

  private func downloader(_ folder: TemporaryFolder, _ program: String) throws -> Downloader {
    let programs = "\(folder.path)/.programs"
    try AtomicFile.makeDirectories(programs)
    symlink("/usr/bin/\(program)", "\(programs)/\(program)")
    var downloader = Downloader()
    downloader.searchPath = [programs]
    downloader.environment = ["PATH": "/usr/bin:/bin", "no_proxy": "*", "HOME": programs]
    return downloader
  }

  private func run(
    _ server: LoopbackServer, _ folder: TemporaryFolder, _ program: String,
    report: (Fetch.Event) -> Void = { _ in }
  ) throws {
    let downloader = try downloader(folder, program)
    try Fetch(Self.source, into: folder.path, from: server.url, downloader: downloader)
      .run(report: report)
  }

  private func expectWhole(
    _ folder: TemporaryFolder, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(folder.entries == ["images.gz", "labels.gz"], sourceLocation: sourceLocation)
    for (index, name) in folder.entries.enumerated() {
      #expect(
        try FileBytes.read("\(folder.path)/\(name)") == Self.packed[index],
        sourceLocation: sourceLocation)
    }
  }

  @Test func aDownloaderIsThere() {
    #expect(!Self.programs.isEmpty, "install curl or wget to test downloads")
  }

  @Test(arguments: programs)
  func filesArriveOnceAndAreKept(_ program: String) throws {
    let server = try LoopbackServer([
      "/images.gz": .file(Self.packed[0]), "/labels.gz": .file(Self.packed[1]),
    ])
    defer { server.stop() }
    let folder = try TemporaryFolder()
    var events: [Fetch.Event] = []
    try run(server, folder, program) { events.append($0) }
    try expectWhole(folder)
    #expect(events.contains(.fetched(file: "images.gz")))
    #expect(
      events.contains(
        .progress(
          file: "images.gz", received: Self.packed[0].count, total: Self.packed[0].count)))
    events = []
    try run(server, folder, program) { events.append($0) }
    #expect(events == [.present(file: "images.gz"), .present(file: "labels.gz")])
    #expect(server.requests == ["/images.gz", "/labels.gz"])
  }

  @Test(arguments: programs)
  func aFileThatIsNotThereIsReported(_ program: String) throws {
    let server = try LoopbackServer(["/images.gz": .file(Self.packed[0])])
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let error = #expect(throws: FetchError.self) { try run(server, folder, program) }
    guard case .download(let url, program, _, let words) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(url == "\(server.url)/labels.gz")
    #expect(words.contains("404"))
    #expect(error?.description.contains("--from URL") == true)
    #expect(folder.entries.contains("images.gz"))
    #expect(!folder.entries.contains("labels.gz"))
  }

  @Test(arguments: programs)
  func wrongContentIsRefusedAndRemoved(_ program: String) throws {
    let other = Array("other".utf8)
    let server = try LoopbackServer([
      "/images.gz": .file(Self.packed[0]), "/labels.gz": .file(Gzip.deflate(other)),
    ])
    defer { server.stop() }
    let folder = try TemporaryFolder()
    let error = #expect(throws: FetchError.self) { try run(server, folder, program) }
    #expect(
      error
        == .wrongChecksum(
          url: "\(server.url)/labels.gz", expected: Self.source.files[1].contentSHA256,
          found: SHA256.hexadecimal(other)))
    #expect(folder.entries == ["images.gz"])
  }

  @Test func aCutDownloadGoesOnNextTime() throws {
    let folder = try TemporaryFolder()
    let cut = try LoopbackServer(["/images.gz": .cut(Self.packed[0], after: 1000)])
    let error = #expect(throws: FetchError.self) { try run(cut, folder, Self.programs[0]) }
    cut.stop()
    guard case .download = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(folder.entries == ["images.gz.part"])
    #expect(FileBytes.size("\(folder.path)/images.gz.part") == 1000)
    let server = try LoopbackServer([
      "/images.gz": .file(Self.packed[0]), "/labels.gz": .file(Self.packed[1]),
    ])
    defer { server.stop() }
    try run(server, folder, Self.programs[0])
    try expectWhole(folder)
    #expect(server.requests == ["/images.gz from 1000", "/labels.gz"])
  }

  @Test(arguments: programs)
  func aServerWithoutRangesIsAskedAgain(_ program: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(Self.packed[0][..<700]), to: "images.gz.part")
    let server = try LoopbackServer([
      "/images.gz": .fileWithoutRanges(Self.packed[0]), "/labels.gz": .file(Self.packed[1]),
    ])
    defer { server.stop() }
    try run(server, folder, program)
    try expectWhole(folder)
  }

  @Test(arguments: programs)
  func rubbishLeftByAnEarlierRunIsThrownAway(_ program: String) throws {
    for size in [10, Self.packed[0].count, Self.packed[0].count + 50] {
      let folder = try TemporaryFolder()
      try folder.write([UInt8](repeating: 7, count: size), to: "images.gz.part")
      try folder.write([1, 2, 3], to: "labels.gz")
      let server = try LoopbackServer([
        "/images.gz": .file(Self.packed[0]), "/labels.gz": .file(Self.packed[1]),
      ])
      defer { server.stop() }
      try run(server, folder, program)
      try expectWhole(folder)
    }
  }

  @Test func aWholePartNeedsNoServer() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.packed[0], to: "images.gz.part")
    try folder.write(Self.packed[1], to: "labels.gz")
    let server = try LoopbackServer([:])
    defer { server.stop() }
    try run(server, folder, Self.programs[0])
    try expectWhole(folder)
    #expect(server.requests == [])
  }

  @Test func aServerThatIsNotThere() throws {
    let folder = try TemporaryFolder()
    let downloader = try downloader(folder, Self.programs[0])
    let fetch = Fetch(Self.source, into: folder.path, from: nil, downloader: downloader)
    let error = #expect(throws: FetchError.self) { try fetch.run() }
    guard case .download("http://127.0.0.1:1/images.gz", _, let status, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(status != 0)
  }

  @Test func withoutAProgramTheWayOutIsNamed() throws {
    let folder = try TemporaryFolder()
    var downloader = Downloader()
    downloader.searchPath = ["/nonexistent"]
    let fetch = Fetch(Self.source, into: folder.path, from: nil, downloader: downloader)
    let error = #expect(throws: FetchError.self) { try fetch.run() }
    #expect(
      error?.description
        == "http://127.0.0.1:1/images.gz: downloading needs curl or wget, and neither is installed. "
        + "Install one ('apt-get install curl'), or fetch the files elsewhere and use "
        + "'--from file:///FOLDER'.")
  }

  @Test func filesOfAFolder() throws {
    let origin = try TemporaryFolder()
    try origin.write(Self.packed[0], to: "a b/images.gz")
    try origin.write(Self.contents[1], to: "a b/labels.gz")  // plain content is as good
    let folder = try TemporaryFolder()
    let target = "\(folder.path)/new/deep"
    for base in ["file://\(origin.path)/a%20b", "file://localhost\(origin.path)/a%20b/"] {
      try Fetch(Self.source, into: target, from: base).run()
    }
    #expect(try FileBytes.read("\(target)/images.gz") == Self.packed[0])
    #expect(try FileBytes.read("\(target)/labels.gz") == Self.contents[1])
  }

  @Test func damagedFilesOfAFolder() throws {
    let origin = try TemporaryFolder()
    let folder = try TemporaryFolder()
    func fetch(_ bytes: [UInt8]?) throws -> FetchError? {
      if let bytes { try origin.write(bytes, to: "images.gz") }
      let fetch = Fetch(Self.source, into: folder.path, from: "file://\(origin.path)")
      return #expect(throws: FetchError.self) { try fetch.run() }
    }
    guard case .format(let missing) = try fetch(nil) else {
      Issue.record("no file was needed")
      return
    }
    #expect(missing.fault == .system(call: "open", code: ENOENT))
    guard case .format(let cut) = try fetch(Array(Self.packed[0].dropLast(9))) else {
      Issue.record("a cut file was taken")
      return
    }
    #expect(cut.fault == .truncated(needed: 1, available: 0))
    guard case .wrongChecksum(let url, _, _) = try fetch(Self.packed[1]) else {
      Issue.record("another file was taken")
      return
    }
    #expect(url == "file://\(origin.path)/images.gz")
    guard case .format(let bomb) = try fetch(Gzip.deflate(.init(repeating: 0, count: 1 << 20)))
    else {
      Issue.record("a larger file was taken")
      return
    }
    guard case .tooLarge = bomb.fault else {
      Issue.record("\(bomb)")
      return
    }
    #expect(folder.entries == [])
  }

  @Test(arguments: [
    "ftp://a/b", "fashion", "file://host/a", "file:///a%2", "file:///a%zz", "file:///a%00", "",
    "--output=/tmp/x",
  ])
  func otherURLsAreRefused(_ base: String) throws {
    let folder = try TemporaryFolder()
    let fetch = Fetch(Self.source, into: folder.path, from: base)
    #expect(throws: FetchError.unsupportedURL(base)) { try fetch.run() }
  }

  @Test func twoAtOnceAreKeptApart() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/.fetch.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    let fetch = Fetch(Self.source, into: folder.path, from: "file:///nonexistent")
    #expect(throws: FetchError.busy(directory: folder.path)) { try fetch.run() }
  }

  @Test func thePublishedFilesAreWellDescribed() {
    let source = DatasetSource.fashionMNIST
    #expect(source.files.map(\.contentByteCount) == [47_040_016, 60_008, 7_840_016, 10_008])
    #expect(Set(source.files.map(\.contentSHA256)).count == 4)
    #expect(source.files.allSatisfy { $0.contentSHA256.count == 64 })
    #expect(DatasetSource.all.contains(source))
  }
}
