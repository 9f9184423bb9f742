import Foundation
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

/// Pictures in files, brought to one size.
@Suite struct PictureDatasetTests {
  private static let goldens = PictureFolders.goldens
  private static let names = ["wide.jpg", "tall.png", "grey.jpg", "progressive.jpg", "palette.png"]

  private func samples(_ fit: PictureFit, _ name: String) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 7, count: fit.size.count + 1)
    try bytes.withUnsafeMutableBytes { bytes in
      try fit.read(
        ImageSource("\(Self.goldens)/\(name)"),
        into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<fit.size.count]))
    }
    #expect(bytes.removeLast() == 7, "written past the end")
    return bytes
  }

  private func fit(_ side: Int, _ channels: Int) -> PictureFit {
    PictureFit(ImageSize(height: side, width: side, channels: channels))
  }

  /// The resampling is Pillow's bit for bit; the decoder's last bit may differ.
  @Test(arguments: names, [16, 72]) func picturesAreFittedAsPillowDoes(
    _ name: String, _ side: Int
  ) throws {
    for (channels, suffix) in [(3, ""), (1, ".grey")] {
      let found = try samples(fit(side, channels), name)
      let expected = try PNGImage.read(
        "\(Self.goldens)/\(name.split(separator: ".")[0]).\(side)\(suffix).png")
      try #require((expected.width, expected.height, expected.channels) == (side, side, channels))
      let worst = zip(found, expected.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 0
      #expect(worst <= (name.hasSuffix("png") ? 0 : 1), "\(name) \(side) \(channels): \(worst)")
    }
  }

  /// What is decoded at half its size differs little from what is decoded whole.
  @Test func largePicturesAreFittedNearly() throws {
    for (channels, suffix) in [(3, ""), (1, ".grey")] {
      let found = try samples(fit(64, channels), "large.jpg")
      let expected = try PNGImage.read("\(Self.goldens)/large.64\(suffix).png")
      let differences = zip(found, expected.pixels).map { abs(Int($0) - Int($1)) }
      #expect(differences.max() ?? 99 <= 6, "\(differences.max() ?? 0)")
      let mean = Double(differences.reduce(0, +)) / Double(differences.count)
      #expect(mean < 0.5 && mean > 0, "\(mean)")
    }
  }

  @Test func aSizeNeedNotBeASquare() {
    let fit = PictureFit(ImageSize(height: 28, width: 84, channels: 1))
    #expect(fit.scaled(height: 100, width: 100) == (96, 96))
    #expect(fit.scaled(height: 10, width: 100) == (28, 280))
    #expect(fit.scaled(height: 1, width: 1) == (96, 96))
    let square = PictureFit(ImageSize(height: 224, width: 224, channels: 3))
    #expect(square.scaled(height: 375, width: 500) == (256, 341))
    #expect(square.scaled(height: 500, width: 375) == (341, 256))
    #expect(square.scaled(height: 1, width: 16_384) == (256, 256 * 16_384))
  }

  private func dataset(_ home: String, keeping limit: Int) throws -> PictureDataset {
    try PictureFolders.write(to: home)
    let paths = try PictureFile.all(below: home)
    let store = PictureStore(paths.map { ImageSource($0) }, fit: fit(12, 3), keeping: limit)
    return PictureDataset(
      name: "pictures", store, members: Array(paths.indices),
      labels: paths.indices.map { Int32($0 % 3) }, classNames: PictureFolders.classNames)
  }

  private func all(_ dataset: PictureDataset) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: dataset.count * dataset.size.count)
    try bytes.withUnsafeMutableBytes {
      try dataset.write(0..<dataset.count, field: 0, into: $0)
    }
    return bytes
  }

  @Test func picturesStayInMemoryWhereTheyFit() throws {
    try PictureFolders.withFolder { home in
      let (kept, read) = (
        try dataset(home + "/a", keeping: 1 << 20), try dataset(home + "/b", keeping: 9071)
      )
      #expect(kept.count == 21 && kept.size.count * kept.count == 9072)
      let first = try all(kept)
      #expect(try first == all(read))
      let pictures = stride(from: 0, to: first.count, by: 432).map { first[$0..<$0 + 432] }
      #expect(Set(pictures).count == 21)
      let some = kept.subset([20, 3, 3], name: "some")
      #expect(some.labels == [2, 0, 0] && some.path(of: 0) == kept.path(of: 20))
      for folder in ["a", "b"] { try FileManager.default.removeItem(atPath: "\(home)/\(folder)") }
      #expect(try all(kept) == first)
      #expect(try all(some) == [20, 3, 3].flatMap { first[$0 * 432..<($0 + 1) * 432] })
      let error = #expect(throws: DataError.self) { try all(read) }
      #expect(
        "\(error!)".hasPrefix("\(read.path(of: 0)): open failed: No such file"), "the first of all")
    }
  }

  /// A picture that cannot be read ends the sequence where its turn comes, whoever loads it.
  @Test(arguments: [0, 1, 3]) func aDamagedPictureStopsTheBatchesThatHaveIt(_ threads: Int) throws {
    try PictureFolders.withFolder { home in
      let dataset = try dataset(home, keeping: 0)
      let order = try BatchOrder(count: 21, batchSize: 2, seed: 3)
      var (reference, plans) = (order, [PlannedBatch]())
      for _ in 0..<10 { plans.append(reference.next()) }
      let damaged = dataset.path(of: plans[4].indices[1])
      var bytes = try FileBytes.read(damaged)
      bytes.removeLast(bytes.count / 2)
      try AtomicFile.write(bytes, to: damaged)
      let prefetcher = Prefetcher(
        loader: BatchLoader(dataset: dataset, pipeline: ImagePipeline(dataset.size)),
        order: order, depth: 4, threads: threads)
      for plan in plans[..<4] {
        let found = try prefetcher.withNext { ($0.plan, Array($0.fields[0])) }
        #expect(found?.0 == plan)
        #expect(try found?.1 == plan.indices.flatMap { try all(dataset.subset([$0])) })
      }
      for _ in 0..<2 {
        let error = #expect(throws: DataError.self) { try prefetcher.withNext { _ in } }
        guard case .format(let format) = error else { throw error! }
        #expect(format.path == damaged)
      }
      #expect(prefetcher.position == plans[3].following)
    }
  }

  /// Pixels beside the part have no effect, as where Pillow cuts it out first.
  @Test(arguments: [16, 40]) func aPartIsScaledAsPillowDoes(_ side: Int) throws {
    let image = try PNGImage.read("\(Self.goldens)/tall.png")
    let expected = try PNGImage.read("\(Self.goldens)/tall.part\(side).png")
    var found = [UInt8](repeating: 7, count: side * side * 3)
    found.withUnsafeMutableBytes { found in
      image.pixels.withUnsafeBufferPointer { source in
        Resampling.resize(
          source, ImageSize(height: image.height, width: image.width, channels: 3),
          box: CropBox(top: 7, left: 11, height: 20, width: 31), to: (side, side),
          window: CropBox(top: 0, left: 0, height: side, width: side), into: found)
      }
    }
    #expect(found == expected.pixels)
  }

  /// The part of a file is that of its picture, also where that is decoded smaller or turned.
  @Test(arguments: ["tall.png", "large.jpg", "turned6.jpg"]) func filesShowTheirParts(
    _ name: String
  ) throws {
    let whole = try ImageFile.read("\(Self.goldens)/\(name)")
    let size = ImageSize(height: whole.height, width: whole.width, channels: 3)
    let dataset = PictureDataset(
      name: "one", unlabelled: ["\(Self.goldens)/\(name)"], fit: fit(12, 3), classNames: ["a"])
    var images: Set<[UInt8]> = []
    for slot in 0..<12 {
      let crop = RandomCrop(least: 0.1, seed: 4, step: 9, slot: slot)
      var (found, expected) = ([UInt8](repeating: 7, count: 432), [UInt8](repeating: 8, count: 432))
      try found.withUnsafeMutableBytes {
        try dataset.write(0, field: 0, crop: crop, into: $0)
      }
      expected.withUnsafeMutableBytes { expected in
        whole.pixels.withUnsafeBufferPointer { source in
          Resampling.resize(
            source, size, box: crop.box(height: size.height, width: size.width), to: (12, 12),
            window: CropBox(top: 0, left: 0, height: 12, width: 12), into: expected)
        }
      }
      let differences = zip(found, expected).map { abs(Int($0) - Int($1)) }
      let mean = Double(differences.reduce(0, +)) / 432
      // Of what is decoded at an eighth, edges are up to 4 of the file's pixels off: 5.1 has been seen.
      #expect(mean <= (name == "large.jpg" ? 6 : 0), "\(slot): \(mean)")
      images.insert(found)
    }
    #expect(images.count == 12)
  }

  @Test func workIsSharedByThreads() {
    for threads in [1, 2, 5] {
      for count in [0, 1, 2, 100] {
        nonisolated(unsafe) let counts = UnsafeMutablePointer<Int>.allocate(capacity: 100)
        defer { counts.deallocate() }
        counts.initialize(repeating: 0, count: 100)
        WorkThreads.forEach(count, threads: threads) { counts[$0] += 1 }
        #expect((0..<100).allSatisfy { counts[$0] == ($0 < count ? 1 : 0) })
      }
    }
  }
}
