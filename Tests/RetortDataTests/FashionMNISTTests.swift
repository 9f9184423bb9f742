import Glibc
import RetortData
import RetortFormats
import Testing

@Suite struct FashionMNISTTests {
  static let files = DatasetSource.fashionMNIST.files.map(\.name)

  /// Writes a small set of the right form, whose label `i` is `i % 10`.
  private func write(
    to folder: TemporaryFolder, _ subfolder: String = "", training: Int = 20, test: Int = 10,
    replacing: [Int: [UInt8]] = [:]
  ) throws {
    for (index, name) in Self.files.enumerated() {
      let count = index < 2 ? training : test
      let array =
        index % 2 == 0
        ? IDX(
          shape: [count, 28, 28], bytes: (0..<count * 784).map { UInt8($0 % 255) }[...])
        : IDX(shape: [count], bytes: (0..<count).map { UInt8($0 % 10) }[...])
      try folder.write(replacing[index] ?? Gzip.deflate(array.encoded()), to: subfolder + name)
    }
  }

  private func locations(_ variables: [String: String], system: String) -> DatasetLocations {
    DatasetLocations(system: system) { variables[$0] }
  }

  @Test func bothPartsAreLoaded() throws {
    let folder = try TemporaryFolder()
    try write(to: folder)
    let parts = try FashionMNIST.load(directory: folder.path)
    #expect(parts.training.count == 20)
    #expect(parts.test.count == 10)
    #expect(parts.training.labels == (0..<20).map { Int32($0 % 10) })
    #expect(parts.training.image(1).prefix(3) == [UInt8(784 % 255), 20, 21])
    #expect(
      [parts.training.height, parts.training.width, parts.training.channels] == [28, 28, 1])
    #expect(parts.test.classNames[9] == "Ankle boot")
    #expect(parts.test.classCounts == [Int](repeating: 1, count: 10))
  }

  @Test func plainFilesAreAsGood() throws {
    let folder = try TemporaryFolder()
    try write(to: folder)
    let packed = try FashionMNIST.load(directory: folder.path)
    let other = try TemporaryFolder()
    for name in Self.files {
      let bytes = try FileBytes.read("\(folder.path)/\(name)")
      let plain = try Gzip.inflate(bytes, limit: 1 << 20, path: name)
      try other.write(plain, to: String(name.dropLast(3)))
    }
    #expect(try FashionMNIST.load(directory: other.path).training == packed.training)
  }

  @Test func placesAreTriedInOrder() throws {
    let folder = try TemporaryFolder()
    let (data, cache, system) = ("\(folder.path)/d", "\(folder.path)/c", "\(folder.path)/s")
    let variables = ["XDG_CACHE_HOME": cache, "HOME": "/h"]
    let places = locations(variables, system: system)
    let chosen = locations(variables.merging(["RETORT_DATA": data]) { $1 }, system: system)
    try write(to: folder, "s/fashion-mnist/", training: 1)
    #expect(try FashionMNIST.load(locations: places).training.count == 1)
    try write(to: folder, "c/retort/fashion-mnist/", training: 2)
    #expect(try FashionMNIST.load(locations: places).training.count == 2)
    // A folder that the user names is the only one, also where it is wrong.
    let error = #expect(throws: DataError.self) { try FashionMNIST.load(locations: chosen) }
    #expect(
      error?.description
        == "RETORT_DATA is '\(data)', which has no folder 'fashion-mnist' with the dataset's files. "
        + "Set it to the folder that has, or unset it to look in the usual places.")
    try write(to: folder, "d/", training: 3)
    #expect(
      throws: DataError.notInDataRoot(dataset: "fashion-mnist", root: data, isInRootItself: true)
    ) { try FashionMNIST.load(locations: chosen) }
    try write(to: folder, "d/fashion-mnist/", training: 3)
    #expect(try FashionMNIST.load(locations: chosen).training.count == 3)
    try write(to: folder, "e/", training: 4)
    let explicit = try FashionMNIST.load(directory: "\(folder.path)/e", locations: chosen)
    #expect(explicit.training.count == 4)
    #expect(throws: DataError.self) {
      try FashionMNIST.load(directory: "\(folder.path)/none", locations: chosen)
    }
  }

  @Test func theCacheFollowsTheEnvironment() throws {
    func cache(_ variables: [String: String]) throws(DataError) -> String {
      try locations(variables, system: "/s").cache(of: "n")
    }
    #expect(try cache(["XDG_CACHE_HOME": "/x", "HOME": "/h"]) == "/x/retort/n")
    #expect(try cache(["HOME": "/h"]) == "/h/.cache/retort/n")
    #expect(try cache(["XDG_CACHE_HOME": "", "HOME": "/h"]) == "/h/.cache/retort/n")
    #expect(try cache(["XDG_CACHE_HOME": "relative", "HOME": "/h"]) == "/h/.cache/retort/n")
    #expect(throws: DataError.noCacheDirectory) { try cache([:]) }
    #expect(throws: DataError.noCacheDirectory) { try cache(["HOME": "relative"]) }
    #expect(throws: DataError.noCacheDirectory) { try cache(["HOME": ""]) }
    #expect(locations([:], system: "/s").candidates(for: "n") == ["/s/n"])
  }

  @Test func theWayOutIsNamed() throws {
    let error = #expect(throws: DataError.self) {
      try FashionMNIST.load(locations: locations(["HOME": "/nonexistent"], system: "/none"))
    }
    #expect(
      error?.description
        == "dataset 'fashion-mnist' was not found in /nonexistent/.cache/retort/fashion-mnist, "
        + "/none/fashion-mnist. Install it with 'apt-get install dataset-fashion-mnist' or "
        + "download it with 'retort fetch fashion-mnist'.")
  }

  /// Each file in turn is missing from the first place, while the second has all of them.
  @Test(arguments: 0..<4) func aMissingFileIsNamed(_ index: Int) throws {
    let folder = try TemporaryFolder()
    let places = locations(
      ["XDG_CACHE_HOME": "\(folder.path)/c"], system: "\(folder.path)/s")
    try write(to: folder, "c/retort/fashion-mnist/")
    try write(to: folder, "s/fashion-mnist/")
    let partial = "\(folder.path)/c/retort/fashion-mnist"
    unlink("\(partial)/\(Self.files[index])")
    let error = #expect(throws: DataError.self) { try FashionMNIST.load(locations: places) }
    #expect(
      error
        == .incomplete(dataset: "fashion-mnist", folder: partial, missing: [Self.files[index]]))
    #expect(
      error?.description
        == "\(partial) lacks \(Self.files[index]) of dataset 'fashion-mnist'. Put all "
        + "files there ('retort fetch fashion-mnist' downloads them), or remove the folder.")
  }

  @Test func contentIsChecked() throws {
    func load(_ index: Int, _ array: IDX) throws -> DataError? {
      let folder = try TemporaryFolder()
      try write(to: folder, replacing: [index: array.encoded()])
      return #expect(throws: DataError.self) { try FashionMNIST.load(directory: folder.path) }
    }
    guard
      case .countMismatch(images: 20, labels: 19, _) = try load(
        1, IDX(shape: [19], bytes: .init(repeating: 0, count: 19)))
    else {
      Issue.record("19 labels were taken for 20 images")
      return
    }
    guard
      case .wrongShape(_, "uint8 [count, 28, 28]", "uint8 [1, 28, 27]") = try load(
        0, IDX(shape: [1, 28, 27], bytes: .init(repeating: 0, count: 28 * 27)))
    else {
      Issue.record("narrow images were taken")
      return
    }
    guard
      case .wrongShape(_, _, "int32 [5]") = try load(
        3, IDX(shape: [5], elementType: .int32, bytes: .init(repeating: 0, count: 20)))
    else {
      Issue.record("int32 labels were taken")
      return
    }
    guard
      case .unknownLabel(_, index: 2, label: 10, classes: 10) = try load(
        3, IDX(shape: [10], bytes: [0, 9, 10, 3, 4, 5, 6, 7, 8, 9]))
    else {
      Issue.record("label 10 was taken")
      return
    }
  }

  @Test func damagedFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    try write(to: folder, replacing: [2: [0x1F, 0x8B, 8, 0]])
    let error = #expect(throws: DataError.self) {
      try FashionMNIST.load(directory: folder.path)
    }
    #expect(error?.description.hasPrefix("\(folder.path)/t10k-images-idx3-ubyte.gz: ") == true)
  }

  @Test(.enabled(if: FileBytes.isReadable(installed)))
  func theInstalledSetIsThePublishedOne() throws {
    let parts = try FashionMNIST.load(directory: "/usr/share/datasets/fashion-mnist")
    #expect(parts.training.classCounts == [Int](repeating: 6000, count: 10))
    #expect(parts.test.classCounts == [Int](repeating: 1000, count: 10))
    let labels = IDX(shape: [10_000], bytes: parts.test.labels.map { UInt8($0) }[...])
    #expect(
      SHA256.hexadecimal(labels.encoded()) == DatasetSource.fashionMNIST.files[3].contentSHA256)
  }

  static let installed = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"
}
