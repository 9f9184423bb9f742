import Foundation
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

/// Tar archives as datasets.
@Suite struct ShardsTests {
  /// An archive in the format of 1988.
  private func tar(_ files: [(String, [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, content) in files {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, _ place: Int) {
        header.replaceSubrange(place..<place + text.utf8.count, with: Array(text.utf8))
      }
      put(name, 0)
      put("0000644", 100)
      put(String(content.count, radix: 8), 124)
      put("        0", 148)
      put("ustar\0" + "00", 257)
      let sum = header.reduce(0) { $0 + Int($1) }
      put(String(sum, radix: 8) + "\0 ", 148)
      bytes += header
      bytes += content
      bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
  }

  /// Pictures of three classes, of which archive `shard` has some.
  private func examples(
    _ shard: Int, count: Int = 6, isJSON: Bool = false
  ) throws -> [(String, [UInt8])] {
    try (0..<count).flatMap { index -> [(String, [UInt8])] in
      let (number, key) = (index % 3, "part/\(shard)-\(index)")
      let label = isJSON ? "{\"label\": \"\(PictureFolders.classNames[number])\"}" : "\(number)\n"
      return [
        (key + ".png", try PictureFolders.picture(number, shard * 100 + index).encoded()),
        (key + (isJSON ? ".json" : ".cls"), Array(label.utf8)), (key + ".caption.txt", [65]),
      ]
    }
  }

  private func source(_ path: String) -> Shards {
    var source = Shards()
    (source.training, source.side) = (path, 12)
    return source
  }

  @Test func examplesAreThoseOfFiles() throws {
    let folder = try TemporaryFolder()
    for shard in 0..<3 {
      try folder.write(tar(try examples(shard)), to: "train/set-\(shard).tar")
      for (name, content) in try examples(shard) where name.hasSuffix(".png") {
        try folder.write(content, to: "photos/\(shard)/" + FilePath.name(of: name))
      }
    }
    try folder.write(tar(try examples(9)), to: "test.tar")
    var source = source(folder.path + "/train")
    source.test = folder.path + "/test.tar"
    let parts = try source.load()
    #expect(parts.training.count == 18 && parts.test.count == 6 && parts.validation == nil)
    #expect(parts.training.classNames == ["0", "1", "2"])
    #expect(parts.training.labels == (0..<18).map { Int32($0 % 3) })
    let store = PictureStore(
      (0..<18).map { ImageSource("\(folder.path)/photos/\($0 / 6)/\($0 / 6)-\($0 % 6).png") },
      fit: PictureFit(ImageSize(height: 12, width: 12, channels: 3)))
    var (own, file) = ([UInt8](repeating: 0, count: 432), [UInt8](repeating: 1, count: 432))
    for index in 0..<18 {
      try own.withUnsafeMutableBytes { try parts.training.write(index, field: 0, into: $0) }
      try file.withUnsafeMutableBytes { try store.write(index, into: $0) }
      #expect(own == file)
      let crop = RandomCrop(least: 0.3, seed: 1, step: 2, slot: index)
      try own.withUnsafeMutableBytes {
        try parts.training.write(index, field: 0, crop: crop, into: $0)
      }
      try file.withUnsafeMutableBytes { try store.read(index, crop: crop, into: $0) }
      #expect(own == file)
    }
    source.training = folder.path + "/train/set-{0..2}.tar"
    #expect(try source.load().training.labels == parts.training.labels)
    #expect(source.folders.count == 4 && source.files.isEmpty)
    source.test = nil
    let split = try source.load()
    #expect(split.test.classCounts == [1, 1, 2] || split.test.count == 4)
    #expect(split.training.count == 14)
  }

  @Test func labelsAreNamesOrNumbers() throws {
    let folder = try TemporaryFolder()
    try folder.write(tar(try examples(0, isJSON: true)), to: "a.tar")
    var source = source(folder.path + "/a.tar")
    source.testShare = 0.5
    #expect(try source.load().training.classNames == PictureFolders.classNames)
    try folder.write(tar(try examples(1)), to: "b.tar")
    source.training = folder.path + "/b.tar"
    try folder.write(Array("crow\nlynx\nhound\nboar\n".utf8), to: "names.txt")
    source.classes = folder.path + "/names.txt"
    let missing = #expect(throws: DataError.self) { try source.load() }
    #expect(missing == .tooFewExamples(wanted: 1, available: 0, className: "boar"))
    try folder.write(Array("crow\nlynx\nhound\n".utf8), to: "names.txt")
    #expect(try source.load().training.classNames == ["crow", "lynx", "hound"])
  }

  @Test func damagedExamplesAreListedOrLeftOut() throws {
    let folder = try TemporaryFolder()
    var files = try examples(0, count: 12)
    files += [("x/bad.jpg", [1, 2, 3]), ("x/bad.cls", [49])]
    files += [("x/only.png", files[0].1), ("x/text.cls", [49])]
    files += [("x/short.png", Array(files[0].1.dropLast(30))), ("x/short.cls", [48])]
    try folder.write(tar(files), to: "a.tar")
    var source = source(folder.path + "/a.tar")
    let error = #expect(throws: DataError.self) { try source.load() }
    let lines = "\(error!)".replacing(folder.path + "/", with: "").split(separator: "\n")
    #expect(lines[0] == "3 of 16 pictures in a.tar cannot be used:")
    #expect(lines[1].hasPrefix("  a.tar: x/only: an example without a label is not supported."))
    #expect(lines[2].hasPrefix("  a.tar: x/text: an example without a picture is not supported."))
    #expect(lines[3].hasPrefix("  a.tar: x/bad.jpg: "))
    source.damaged = .skip
    let parts = try source.load()
    #expect(parts.training.count + parts.test.count == 12)
    #expect(parts.notes[0].contains("4 of 16 pictures") && parts.notes[0].contains("x/short.png"))
  }

  @Test func whatIsNoShardIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write(Gzip.deflate(tar(try examples(0))), to: "a.tar")
    func message(_ path: String) -> String {
      do { _ = try source(folder.path + path).load() } catch { return "\(error)" }
      return "none"
    }
    #expect(message("/a.tar").contains("a compressed archive is not supported"))
    #expect(message("").contains("a compressed archive"))
    try folder.write([1], to: "b/c.txt")
    #expect(message("/b").hasSuffix("Supported: files called .tar."))
    #expect(message("/b/{1..x}.tar").contains("Supported: a range of numbers such as {000..099}."))
    #expect(message("/b/{08..11}.tar").contains("/b/08.tar: open failed"))
    #expect(source("a").faults.isEmpty)
  }

  /// A run that goes on in the middle sees what an unbroken one does.
  @Test func anyPlaceInTheOrderIsReadAgain() throws {
    let folder = try TemporaryFolder()
    for shard in 0..<2 { try folder.write(tar(try examples(shard)), to: "s\(shard).tar") }
    let parts = try source(folder.path).load()
    let loader = BatchLoader(
      dataset: parts.training,
      pipeline: parts.examples.pipeline(Augmentation(shift: 2, flip: true, crop: 0.4)), seed: 5)
    func batches(from position: BatchOrder.Position, _ count: Int) throws -> [[UInt8]] {
      let order = try BatchOrder(
        count: parts.training.count, batchSize: 4, seed: 5, position: position)
      let prefetcher = Prefetcher(loader: loader, order: order, batchLimit: count)
      return try (0..<count).compactMap { _ in
        try prefetcher.withNext { $0.fields.flatMap { Array($0) } }
      }
    }
    let whole = try batches(from: .init(), 7)
    let order = try BatchOrder(count: parts.training.count, batchSize: 4, seed: 5)
    #expect(try batches(from: order.position(ofBatch: 3), 4) == Array(whole[3...]))
  }
}
