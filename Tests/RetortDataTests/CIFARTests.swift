import RetortFormats
import RetortNN
import Testing

@testable import RetortData

/// Binary files as those of CIFAR.
@Suite struct CIFARTests {
  /// Records of which picture `i` has the labels `labels(i)`, and the samples `i`, `i + 1`, `i + 2` in its channels
  /// but for the first pixel.
  private func records(_ count: Int, _ labels: (Int) -> [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<count {
      bytes += labels(index)
      for channel in 0..<3 {
        bytes.append(UInt8(200 + channel))
        bytes += [UInt8](repeating: UInt8(index + channel), count: 1023)
      }
    }
    return bytes
  }

  @Test func tenClasses() throws {
    let folder = try TemporaryFolder()
    for batch in 1...5 {
      try folder.write(
        records(4) { [UInt8($0 + batch)] }, to: "cifar-10-batches-bin/data_batch_\(batch).bin")
    }
    try folder.write(records(3) { [UInt8($0)] }, to: "cifar-10-batches-bin/test_batch.bin")
    var source = CIFAR10()
    source.directory = folder.path
    let parts = try source.load()
    let training = try #require(parts.training as? ImageDataset)
    #expect(training.count == 20 && parts.test.count == 3 && source.classCount == 10)
    #expect(training.labels.prefix(6) == [1, 2, 3, 4, 2, 3] && training.size.count == 3072)
    #expect(Array(training.image(5).prefix(6)) == [200, 201, 202, 1, 2, 3])
    #expect(parts.examples == source.examples && training.classNames[9] == "truck")
    source.directory = folder.path + "/cifar-10-batches-bin"
    #expect(try source.load().training.count == 20)
    try folder.write(records(3) { _ in [10] }, to: "cifar-10-batches-bin/test_batch.bin")
    let label = #expect(throws: DataError.self) { try source.load() }
    #expect("\(label!)".contains("test_batch.bin: label 0 is 10, but there are 10 classes"))
    try folder.write([1, 2, 3], to: "cifar-10-batches-bin/test_batch.bin")
    let short = #expect(throws: DataError.self) { try source.load() }
    #expect("\(short!)".contains("record 0: 3073 bytes are needed here, 3 are left"))
  }

  @Test func theWayOutIsToUnpack() throws {
    let folder = try TemporaryFolder()
    var source = CIFAR100()
    source.directory = folder.path
    let error = #expect(throws: DataError.self) { try source.load() }
    #expect(
      "\(error!)"
        == "dataset 'cifar-100' was not found in \(folder.path). Unpack its files into one "
        + "of them, or name theirs as data.directory.")
    try folder.write([], to: "train.bin")
    let some = #expect(throws: DataError.self) { try source.load() }
    #expect("\(some!)".hasSuffix("Put all files there, or remove the folder."))
  }

  @Test func aHundredClassesOrTwentyGroups() throws {
    let folder = try TemporaryFolder()
    try folder.write(records(4) { [UInt8($0), UInt8(99 - $0)] }, to: "train.bin")
    try folder.write(records(2) { [UInt8(19 - $0), UInt8($0)] }, to: "test.bin")
    let fine = (0..<100).map { "class \($0)\n" }.joined()
    try folder.write(Array(fine.utf8), to: "fine_label_names.txt")
    var source = CIFAR100()
    source.directory = folder.path
    var parts = try source.load()
    #expect(parts.training.labels == [99, 98, 97, 96] && parts.test.labels == [0, 1])
    #expect(parts.training.classNames[7] == "class 7" && source.classCount == 100)
    source.labels = .coarse
    #expect(throws: DataError.self) { try source.load() }
    try folder.write(Array(fine.utf8), to: "coarse_label_names.txt")
    let count = #expect(throws: DataError.self) { try source.load() }
    #expect("\(count!)".contains("must be 20 names, one a line, is 100"))
    let coarse = (0..<20).map { "group \($0)\n" }.joined()
    try folder.write(Array(coarse.utf8), to: "coarse_label_names.txt")
    parts = try source.load()
    #expect(parts.training.labels == [0, 1, 2, 3] && parts.test.labels == [19, 18])
  }
}
