import Foundation
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

/// Folders of pictures as datasets.
@Suite struct ImageFolderTests {
  private func folder(_ path: String, side: Int = 12) -> ImageFolder {
    var folder = ImageFolder()
    (folder.directory, folder.side) = (path, side)
    return folder
  }

  private func paths(_ dataset: any Dataset, _ home: String) throws -> [String] {
    let pictures = try #require(dataset as? PictureDataset)
    return (0..<pictures.count).map {
      pictures.path(of: $0).replacingOccurrences(of: home + "/", with: "")
    }
  }

  @Test func aFolderOfAClassEach() throws {
    try PictureFolders.withFolder { home in
      try PictureFolders.write(to: home + "/photos", count: 9)
      try AtomicFile.write(Array("x".utf8), to: home + "/photos/cat/.DS_Store")
      try AtomicFile.write(Array("x".utf8), to: home + "/photos/cat/notes.txt")
      let source = folder(home + "/photos")
      let parts = try source.load()
      #expect(parts.training.count == 24 && parts.test.count == 6)
      #expect(parts.training.classNames == PictureFolders.classNames)
      #expect(parts.training.classCounts == [8, 8, 8] && parts.test.classCounts == [2, 2, 2])
      #expect(parts.validation == nil && parts.notes.isEmpty && !source.hasValidation)
      #expect(parts.test.name == "image-folder test")
      #expect(parts.examples == .image(ImageSize(height: 12, width: 12, channels: 3)))
      #expect(source.examples == parts.examples && source.classCount == nil)
      var wide = source
      wide.width = 20
      #expect(
        try wide.load().training.fields[0].shape == [12, 20, 3]
          && wide.examples == .image(ImageSize(height: 12, width: 20, channels: 3)))
      let (training, test) = (try paths(parts.training, home), try paths(parts.test, home))
      #expect(Set(training).isDisjoint(with: test) && Set(training + test).count == 30)
      for (path, label) in zip(training, parts.training.labels) {
        #expect(path.hasPrefix("photos/\(PictureFolders.classNames[Int(label)])/"))
      }
      #expect(try paths(source.load().test, home) == test, "the same each time")
      var other = source
      other.splitSeed = 1
      #expect(try paths(other.load().test, home) != test)
      other.testShare = 0.5
      #expect(try other.load().test.count == 15)
      other.shortenPaths()
      #expect(other.directory == "photos" && other.folders == ["photos"])
    }
  }

  @Test func foldersOfParts() throws {
    try PictureFolders.withFolder { home in
      try PictureFolders.write(to: home + "/train", count: 4)
      #expect(try folder(home).load().test.count == 3)
      try PictureFolders.write(to: home + "/val", count: 2, from: 4)
      var parts = try folder(home).load()
      #expect(parts.training.count == 15 && parts.test.count == 9 && parts.validation == nil)
      #expect(try paths(parts.test, home).allSatisfy { $0.hasPrefix("val/") })
      #expect(!folder(home).hasValidation)
      try PictureFolders.write(to: home + "/test", count: 1, from: 6)
      parts = try folder(home).load()
      #expect(parts.training.count == 15 && parts.test.count == 6 && parts.validation?.count == 9)
      #expect(folder(home).hasValidation)
      let whole = try PictureDataset(
        folder: home, fit: PictureFit(ImageSize(height: 4, width: 4, channels: 1)),
        classNames: ["dog", "cat", "bird"])
      #expect(whole.count == 6 && whole.labels == [2, 2, 1, 1, 0, 0])
      try FileManager.default.moveItem(atPath: home + "/test/dog", toPath: home + "/test/dogs")
      let error = #expect(throws: DataError.self) { try folder(home).load() }
      #expect(
        "\(error!)".replacing(home + "/", with: "")
          == "test/dogs/6.png: no training example is of class 'dogs'. Did you mean 'dog'?")
    }
  }

  @Test func aTableOfLabels() throws {
    try PictureFolders.withFolder { home in
      try PictureFolders.write(to: home, count: 4)
      var source = folder(home)
      source.labels = home + "/labels.csv"
      let lines = (0..<4).map { index in
        "bird/\(index % 2 == 0 ? "" : "more/")\(index).png,\(index < 2 ? "low" : "high")\n"
      }
      try AtomicFile.write(
        Array(("file,label\n" + lines.joined()).utf8), to: home + "/labels.csv")
      source.testShare = 0.5
      let parts = try source.load()
      #expect(parts.training.classNames == ["high", "low"] && source.files.count == 1)
      #expect(parts.training.classCounts == [1, 1] && parts.test.classCounts == [1, 1])
      try PictureFolders.write(to: home + "/train", count: 1)
      try PictureFolders.write(to: home + "/test", count: 1, from: 1)
      var table =
        "train/bird/0.png,a\ntrain/cat/0.png,b\ntrain/dog/0.png,b\ntest/bird/more/1.png,b\n"
      try AtomicFile.write(Array(table.utf8), to: home + "/labels.csv")
      let parted = try source.load()
      #expect(parted.training.labels == [0, 1, 1] && parted.test.labels == [1])
      table += "bird/0.png,a\n"
      try AtomicFile.write(Array(table.utf8), to: home + "/labels.csv")
      let error = #expect(throws: DataError.self) { try source.load() }
      #expect(
        "\(error!)".hasSuffix(
          "labels.csv: line 5: a file outside the parts of the set is not supported. "
            + "Supported: train/, test/."), "\(error!)")
    }
  }

  @Test func picturesWithoutClasses() throws {
    try PictureFolders.withFolder { home in
      try PictureFolders.write(to: home + "/set", count: 3)
      try FileManager.default.createDirectory(
        atPath: home + "/flat/train", withIntermediateDirectories: true)
      for index in 0..<10 {
        try PictureFolders.picture(index % 3, index).write(to: "\(home)/flat/train/\(index).png")
      }
      for path in ["/flat", "/flat/train"] {
        let source = folder(home + path)
        #expect(!source.isLabelled && folder(home + "/set").isLabelled)
        let parts = try source.load()
        #expect(!parts.training.isLabelled && !parts.test.isLabelled)
        #expect(parts.training.count == 8 && parts.test.count == 2)
        #expect(parts.training.classNames == ["unknown"])
        #expect(parts.training.labels == [Int32](repeating: 0, count: 8))
      }
      // What is measured on may have classes.
      try FileManager.default.moveItem(atPath: home + "/set", toPath: home + "/flat/test")
      let source = folder(home + "/flat")
      let parts = try source.load()
      #expect(!source.isLabelled && !parts.training.isLabelled && parts.test.isLabelled)
      #expect(parts.training.count == 10 && parts.test.classCounts == [4, 4, 4])
      #expect(parts.training.classNames == PictureFolders.classNames)
      var table = source
      table.labels = home + "/labels.csv"
      #expect(table.isLabelled)
      // Where pictures are to learn from have classes, others must have some.
      try FileManager.default.moveItem(atPath: home + "/flat/train", toPath: home + "/flat/val")
      try FileManager.default.moveItem(atPath: home + "/flat/test", toPath: home + "/flat/train")
      let error = #expect(throws: DataError.self) { try source.load() }
      #expect(error == .unlabelled(home + "/flat/val"))
    }
  }

  @Test func damagedPicturesAreListedOrLeftOut() throws {
    try PictureFolders.withFolder { home in
      try PictureFolders.write(to: home, count: 12)
      for index in 0..<12 {
        let below = index % 2 == 0 ? "" : "more/"
        try AtomicFile.write([], to: "\(home)/cat/\(below)\(index).png")
      }
      try AtomicFile.write(Array("Not a picture.".utf8), to: home + "/dog/0.png")
      var source = folder(home)
      let error = #expect(throws: DataError.self) { try source.load() }
      let lines = "\(error!)".replacing(home, with: "photos").split(separator: "\n")
      #expect(lines.count == 13)
      #expect(lines[0] == "13 of 39 pictures in photos cannot be used:")
      #expect(
        lines[1] == "  photos/cat/0.png: the file is empty. Check that this is the right file.")
      #expect(lines[11] == "  and 3 more")
      #expect(lines[12] == "Mend or remove them, or leave them out with 'damaged: skip'.")
      // The header is whole: only decoding shows it.
      let short = home + "/bird/2.png"
      let bytes = try FileBytes.read(short)
      try AtomicFile.write(Array(bytes[..<(bytes.count / 2)]), to: short)
      source.damaged = .skip
      let parts = try source.load()
      #expect(parts.training.count + parts.test.count == 25)
      #expect(parts.training.classCounts[1] == 1)
      let notes = try #require(parts.notes.first).replacing(home, with: "photos")
      #expect(notes.hasPrefix("14 of 39 pictures in photos cannot be used and are left out:\n"))
      #expect(notes.contains("photos/bird/2.png: pixels: the content is damaged"))
      try AtomicFile.write([], to: home + "/cat/photo.JPG")
      let empty = #expect(throws: DataError.self) { try source.load() }
      #expect(empty == .tooFewExamples(wanted: 1, available: 0, className: "cat"))
    }
  }

  @Test func faultsSayWhatWhereAndTheWayOut() throws {
    try PictureFolders.withFolder { home in
      func says(_ name: String) throws -> String {
        let error = #expect(throws: DataError.self) { try folder("\(home)/\(name)").load() }
        return "\(error!)".replacing(home + "/", with: "")
      }
      try AtomicFile.makeDirectories(home + "/empty")
      #expect(
        try says("empty")
          == "empty has no pictures, PNG, JPEG or WebP. Check the path, or remove the folder if it is no class."
      )
      #expect(try says("none").hasPrefix("none: opendir failed: No such file or directory."))
      try PictureFolders.picture(0, 0).write(to: home + "/a.png")
      #expect(try says("a.png").hasPrefix("a.png: opendir failed: Not a directory."))
      try AtomicFile.makeDirectories(home + "/flat")
      try PictureFolders.picture(0, 0).write(to: home + "/flat/a.png")
      let unlabelled = #expect(throws: DataError.self) {
        try PictureDataset(
          folder: home + "/flat", fit: PictureFit(ImageSize(height: 4, width: 4, channels: 3)),
          classNames: nil)
      }
      #expect(
        "\(unlabelled!)".replacing(home + "/", with: "")
          == "the pictures in flat lie in it directly, so that nothing says their classes. Put those of "
          + "each class into a folder of its name, or name a table: labels: labels.csv.")
      try AtomicFile.makeDirectories(home + "/one/cat")
      try PictureFolders.picture(0, 0).write(to: home + "/one/cat/a.png")
      #expect(try says("one") == "the number of classes in one is 1, must be at least 2.")
      try AtomicFile.makeDirectories(home + "/one/dog")
      #expect(try says("one").hasPrefix("one/dog has no pictures"))
      try PictureFolders.picture(0, 1).write(to: home + "/one/dog/a.png")
      #expect(
        try says("one") == "2 examples are wanted of class 'cat', 1 are there. Ask for fewer.")
    }
    #expect(throws: DataError.self) { try ImageFolder().load() }
    var two = ImageFolder()
    two.channels = 2
    #expect(two.faults.map(\.message) == ["pictures have 1 channel or 3, not 2"])
  }
}
