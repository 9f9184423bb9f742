import Glibc
import Testing

@testable import RetortOpenCL

@Suite struct ProgramStoreTests {
  private func withFolder(_ body: (CacheFolder) throws -> Void) throws {
    var template = Array("/tmp/retort-test-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { _ = system("rm -rf '\(path)'") }
    try body(CacheFolder(path: path + "/deep/er"))
  }

  @Test func binariesSurviveAndFaultsAreIgnored() throws {
    try withFolder { folder in
      let store = ProgramBinaryStore(folder: folder)
      let key = Array("device source".utf8)
      #expect(store.read(key: key) == nil)
      store.write([1, 2, 3], key: key)
      #expect(store.read(key: key) == [1, 2, 3])
      #expect(store.read(key: key + [0]) == nil)
      let name = try #require(files(in: folder.path).first)
      let good = try #require(folder.read(name))
      for index in good.indices {
        var bad = good
        bad[index] ^= 1
        folder.write(bad, to: name)
        #expect(store.read(key: key) == nil, "byte \(index) changed")
      }
      for length in 0..<good.count {
        folder.write(Array(good.prefix(length)), to: name)
        #expect(store.read(key: key) == nil, "cut to \(length)")
      }
      folder.write(good, to: name)
      #expect(store.read(key: key) == [1, 2, 3])
      #expect(files(in: folder.path) == [name])
    }
  }

  /// A pipe, a device and a terabyte of zeros where a file should be read as no file, at once.
  @Test func whatIsNoFileIsNotRead() throws {
    try withFolder { folder in
      folder.write([1], to: "file")
      let path = folder.path + "/"
      try #require(mkfifo(path + "pipe", 0o600) == 0)
      try #require(symlink("/dev/zero", path + "zeros") == 0)
      try #require(symlink("nothing", path + "dangling") == 0)
      try #require(symlink("file", path + "link") == 0)
      let sparse = open(path + "sparse", O_WRONLY | O_CREAT, 0o600)
      try #require(ftruncate(sparse, 1 << 40) == 0)
      close(sparse)
      for name in ["pipe", "zeros", "dangling", "sparse", "none", "."] {
        #expect(folder.read(name) == nil, "\(name)")
        #expect(folder.holds(name) == (name != "none"))
      }
      #expect(folder.read("link") == [1] && folder.read("file", limit: 0) == nil)
      for name in ["pipe", "zeros", "dangling", "sparse"] {
        #expect(folder.write([2], to: name) && folder.read(name) == [2], "\(name) is replaced")
      }
      #expect(folder.read("file") == [1])
    }
  }

  @Test func aRelativeFolderIsMadeWhereItSays() throws {
    let name = "retort-\(getpid())-relative"
    let folder = CacheFolder(path: name + "/in")
    defer { _ = system("rm -rf '\(name)'") }
    #expect(folder.write([1], to: "file") && folder.read("file") == [1])
    #expect(access("/" + name, F_OK) != 0 && access(name + "/in/file", F_OK) == 0)
  }

  @Test func aStaleBinaryFallsBackToSource() throws {
    try withFolder { folder in
      let device = try OpenCLDevice.select()
      let store = ProgramBinaryStore(folder: folder)
      let context = try OpenCLContext(device, kernelCache: store)
      let x = try DeviceMemory(context, [Float](repeating: 1, count: 64))
      let launch = Fixture.saxpy("saxpy_stored", a: 2, x: x, y: x, count: 64)
      let source = try ProgramSource(
        KernelInstance(family: nil, macros: [:], generated: launch.generated))
      store.write([9, 9, 9], key: ProgramBinaryStore.key(of: source, on: device))
      try LaunchList([.kernel(launch)], in: context).replay()
      #expect(try x.read(Float.self, count: 1) == [3])
    }
  }

  private func files(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
