import RetortFormats
import RetortNN
import RetortSchema

/// Pictures of one's own: a folder for each class, or a table of files and labels.
public struct ImageFolder: NamedDataset {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "image-folder", "pictures of your own, PNG and JPEG, in a folder for each class",
    """
    The directory has a folder for each class, whose name is the class's, or folders train, test and \
    validation (or val) with such folders in them. Pictures lie anywhere below. Without test, val is measured \
    on, and without both a part of the pictures, of all classes alike, whatever the recipe's seed. With labels \
    a table says the classes: a file's path in the directory, a comma and a label in each line. A picture is \
    scaled, bilinear with antialiasing, until its shorter side is 8/7 of the size (of sizes up to 64, the \
    size), and its middle is kept, as torchvision's Resize and CenterCrop do. Orientations in EXIF are \
    applied; transparency is left out. Sets of up to 512 MiB when decoded stay in memory; others are decoded \
    anew for each batch, by threads of their own.
    """, source: "torchvision's ImageFolder, and its transform for evaluation")

  /// What becomes of pictures that cannot be read.
  public enum Damage: String, CaseIterable, Sendable {
    /// They are an error.
    case refuse
    /// They are left out.
    case skip
  }

  /// The folder of the pictures.
  public var directory: String?
  /// The table of labels; nil where folders are the classes.
  public var labels: String?
  /// The side of the pictures that models see, in pixels.
  public var side = 224
  /// The samples of a pixel: 1 for grey, 3 for RGB.
  public var channels = 3
  /// The share of the pictures that is measured on where the folder has no part for that.
  public var testShare = 0.2
  /// What the choice of that share depends on.
  public var splitSeed = 0
  /// What becomes of pictures that cannot be read.
  public var damaged = Damage.refuse

  /// No folder yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<ImageFolder>] = [
    .path("directory", \.directory, "the folder of the pictures").required(),
    .path("labels", \.labels, "a table of files and labels, where folders are not the classes"),
    .int("size", \.side, 4...1024, "the side in pixels of the squares that pictures become"),
    .int("channels", \.channels, 1...3, "samples of a pixel: 1 for grey, 3 for colour"),
    .number(
      "test-share", \.testShare, .insideUnit,
      "the share to be measured on, where the directory has no folder for that"),
    .int(
      "split-seed", \.splitSeed, 0...1_000_000_000, "what the choice of that share depends on"
    ).omittedAtDefault(),
    .choice(
      "damaged", \.damaged,
      "whether pictures that cannot be read stop the run, or are found before it and left out"),
  ]

  /// Two channels are neither grey nor colour.
  public var faults: [KeyFault] {
    channels == 2 ? [KeyFault("channels", "pictures have 1 channel or 3, not 2")] : []
  }

  /// Squares of `side`.
  public var examples: ExampleSpec { .image(fit.size) }

  /// The folders say it.
  public var classCount: Int? { nil }

  /// The table of labels.
  public var files: [String] { [labels].compactMap(\.self) }

  /// The directory.
  public var folders: [String] { [directory].compactMap(\.self) }

  /// Whether the directory has a part for validation beside those to learn from and to be measured on.
  public var hasValidation: Bool {
    let parts = directory.flatMap { try? PictureFolder.parts(of: $0) } ?? []
    return parts.count == PictureFolder.Part.allCases.count
  }

  private var fit: PictureFit {
    PictureFit(ImageSize(height: side, width: side, channels: channels))
  }

  /// Finds the pictures and looks at the header of each, or with `damaged: skip` decodes each.
  public func load() throws(DataError) -> DatasetParts {
    guard let directory else {
      throw .outOfRange(
        name: "the directory of dataset 'image-folder'", found: "nothing",
        allowed: "the path of a folder")
    }
    let found = try PictureFolder(directory, labels: labels).pictures
    let classNames = Set((found[.training] ?? []).map(\.label)).sorted()
    guard classNames.count > 1 else {
      throw .outOfRange(
        name: "the number of classes in \(labels ?? directory)", found: "\(classNames.count)",
        allowed: "at least 2")
    }
    let all = PictureFolder.Part.allCases.flatMap { part in
      (found[part] ?? []).map { (part: part, picture: $0) }
    }
    let store = PictureStore(all.map(\.picture.path), fit: fit)
    let (unusable, notes) = try unusable(store, in: directory)
    var parts: [PictureFolder.Part: PictureDataset] = [:]
    for part in PictureFolder.Part.allCases where found[part] != nil {
      let members = all.indices.filter { all[$0].part == part && !unusable.contains($0) }
      parts[part] = try PictureDataset(
        name: "image-folder \(part)", store, members: members,
        pictures: members.map { all[$0].picture }, classNames: classNames)
    }
    guard let training = parts[.training], let least = training.classCounts.min() else {
      throw .noPictures(directory)
    }
    if least == 0 {
      let index = training.classCounts.firstIndex(of: 0) ?? 0
      throw .tooFewExamples(wanted: 1, available: 0, className: classNames[index])
    }
    if let test = parts[.test] ?? parts[.validation] {
      return DatasetParts(
        training: training, validation: parts[.test] == nil ? nil : parts[.validation],
        test: test, examples: examples, notes: notes)
    }
    let (rest, heldOut) = try split(training)
    return DatasetParts(training: rest, test: heldOut, examples: examples, notes: notes)
  }

  /// The places in `store` of pictures that are left out, and what to say of them.
  ///
  /// - Throws: `DataError.damagedPictures` where none may be left out.
  private func unusable(
    _ store: PictureStore, in directory: String
  ) throws(DataError) -> (places: Set<Int>, notes: [String]) {
    let (skips, size) = (damaged == .skip, fit.size.count)
    let faults = PictureCheck.faults(store.paths.count) { index throws(FormatError) in
      guard skips else {
        _ = try ImageFile.header(store.paths[index])
        return
      }
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
      defer { memory.deallocate() }
      try store.write(index, into: memory)
    }
    guard !faults.isEmpty else { return ([], []) }
    let error = DataError.damagedPictures(
      folder: directory, faults: PictureCheck.lines(faults), count: faults.count,
      total: store.paths.count, isSkipped: skips)
    guard skips else { throw error }
    return (Set(faults.map(\.index)), ["\(error)"])
  }

  /// What is left to learn from, and what is measured on.
  private func split(
    _ all: PictureDataset
  ) throws(DataError) -> (training: PictureDataset, test: PictureDataset) {
    let count = max(1, Int((testShare * Double(all.count)).rounded()))
    let (rest, heldOut) = try all.holdingOut(count, seed: UInt64(splitSeed))
    guard let empty = rest.classCounts.firstIndex(of: 0) else {
      return (rest, heldOut.subset(Array(0..<heldOut.count), name: "image-folder test"))
    }
    throw .tooFewExamples(
      wanted: 2, available: all.classCounts[empty], className: all.classNames[empty])
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    directory = directory.map(FilePath.name(of:))
    labels = labels.map(FilePath.name(of:))
  }
}
