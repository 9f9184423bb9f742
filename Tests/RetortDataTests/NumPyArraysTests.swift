import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

/// Arrays as datasets.
@Suite struct NumPyArraysTests {
  /// An `.npy` file as NumPy 1.0 has it.
  private func npy(_ type: String, _ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    let dimensions = shape.map { "\($0)," }.joined(separator: " ")
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(dimensions)), }\n"
    var file: [UInt8] = [0x93]
    file += Array("NUMPY".utf8)
    file += [1, 0, UInt8(text.utf8.count), 0]
    file += Array(text.utf8)
    return file + bytes
  }

  /// A ZIP archive of stored files.
  private func zip(_ files: [(String, [UInt8])]) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (bytes, directory) = ([UInt8](), [UInt8]())
    for (name, content) in files {
      // The last eight bytes of a gzip file begin with the checksum.
      var fields = number(20, 2) + number(0, 8)
      fields += Array(Gzip.deflate(content).suffix(8).prefix(4))
      fields += number(content.count, 4) + number(content.count, 4)
      fields += number(name.utf8.count, 2) + number(0, 2)
      directory += [0x50, 0x4B, 1, 2]
      directory += number(20, 2) + fields + number(0, 10)
      directory += number(bytes.count, 4) + Array(name.utf8)
      bytes += [0x50, 0x4B, 3, 4]
      bytes += fields + Array(name.utf8) + content
    }
    var end: [UInt8] = [0x50, 0x4B, 5, 6]
    end += number(0, 4) + number(files.count, 2) + number(files.count, 2)
    end += number(directory.count, 4) + number(bytes.count, 4) + number(0, 2)
    return bytes + directory + end
  }

  private func little(_ values: [Int64]) -> [UInt8] { values.withUnsafeBytes { [UInt8]($0) } }
  private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { [UInt8]($0) } }

  @Test func oneFileOfAllParts() throws {
    let folder = try TemporaryFolder()
    let pixels = (0..<6 * 12).map { UInt8($0) }
    try folder.write(
      zip([
        ("x_train.npy", npy("|u1", [6, 3, 4], pixels)),
        ("y_train.npy", npy("<i8", [6, 1], little([0, 1, 2, 0, 1, 2]))),
        ("x_test.npy", npy("|u1", [2, 3, 4], Array(pixels.prefix(24)))),
        ("y_test.npy", npy("<i8", [2], little([2, 0]))),
        ("val_x.npy", npy("|u1", [1, 3, 4], Array(pixels.prefix(12)))),
        ("val_y.npy", npy("<i8", [1], little([1]))),
      ]), to: "set.npz")
    var source = NumPyArrays()
    source.training = folder.path + "/set.npz"
    #expect(source.examples == .image(ImageSize(height: 3, width: 4, channels: 1)))
    #expect(source.hasValidation)
    let parts = try source.load()
    let training = try #require(parts.training as? ImageDataset)
    #expect(training.images == pixels && training.labels == [0, 1, 2, 0, 1, 2])
    #expect(training.classNames == ["0", "1", "2"] && parts.notes.isEmpty)
    #expect(parts.test.labels == [2, 0] && parts.validation?.labels == [1])
    try folder.write(Array("a\nb\nc\n".utf8), to: "names.txt")
    source.classes = folder.path + "/names.txt"
    #expect(try source.load().test.classNames == ["a", "b", "c"])
    source.images = "pixels"
    let error = #expect(throws: DataError.self) { try source.load() }
    #expect(
      "\(error!)".hasSuffix(
        "an archive of x_train, y_train, x_test, y_test, val_x, val_y is not supported. Supported: "
          + "arrays called images and labels, or as 'images' and 'labels' say."))
  }

  @Test func filesOfOneArray() throws {
    let folder = try TemporaryFolder()
    let samples = (0..<4 * 3 * 4).map { Float($0 % 12) / 12 }
    try folder.write(npy("<f4", [4, 3, 2, 2], floats(samples)), to: "x.npy")
    try folder.write(npy("<i8", [4], little([0, 1, 0, 1])), to: "y.npy")
    var source = NumPyArrays()
    source.training = folder.path + "/x.npy"
    let bare = #expect(throws: DataError.self) { try source.load() }
    #expect("\(bare!)".contains("labels in a file of their own: 'training-labels'"))
    source.trainingLabels = folder.path + "/y.npy"
    source.testShare = 0.5
    #expect(source.examples == .image(ImageSize(height: 2, width: 2, channels: 3)))
    let parts = try source.load()
    #expect(parts.training.count == 2 && parts.test.count == 2)
    let first = try #require(parts.training as? ImageDataset).image(0)
    let expected = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map {
      UInt8((Float($0) / 12 * 255).rounded())
    }
    #expect(Array(first) == expected)
    #expect(
      parts.notes == [folder.path + "/x.npy: samples from 0 to 1 are rounded to multiples of 1/255"]
    )
    try folder.write(npy("<f4", [4, 3, 2, 2], floats(samples.map { $0 - 0.1 })), to: "x.npy")
    let negative = #expect(throws: DataError.self) { try source.load() }
    #expect("\(negative!)".contains("must be integers from 0 to 255, or floats from 0 to 1"))
    try folder.write(npy("<i8", [3], little([0, 1, 0])), to: "y.npy")
    try folder.write(npy("|u1", [4, 2, 2], [UInt8](repeating: 1, count: 16)), to: "x.npy")
    let count = #expect(throws: DataError.self) { try source.load() }
    #expect(count == .countMismatch(images: 4, labels: 3, path: folder.path + "/y.npy"))
    try folder.write(npy("<i8", [4], little([0, 1, 0, -1])), to: "y.npy")
    #expect(throws: DataError.self) { try source.load() }
    source.testLabels = "x"
    #expect(source.faults.map(\.key) == ["test-labels"])
    source.shortenPaths()
    #expect(source.training == "x.npy" && source.files == ["x.npy", "y.npy", "x"])
  }
}
