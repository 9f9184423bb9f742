import RetortFormats
import RetortNN
import RetortSchema

/// Pictures of one's own: a folder for each class, or a table of files and labels.
public struct ImageFolder: PictureSource {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "image-folder", "pictures of your own, PNG, JPEG and WebP, in a folder for each class",
    """
    The directory has a folder for each class, whose name is the class's, or folders train, test and \
    validation (or val) with such folders in them. Pictures lie anywhere below. Without test, val is measured \
    on, and without both a part of the pictures, of all classes alike, whatever the recipe's seed. With labels \
    a table says the classes: a file's path in the directory, a comma and a label in each line. Classes are in \
    order of the alphabet, or of value where all labels of a table are whole numbers. Pictures that \
    lie in the directory, or in train, without folders have no classes: a student learns them from its teacher \
    alone, and where those to be measured on have none either, what is measured is how often it says what the \
    teacher says. A picture is scaled, bilinear with antialiasing, until its shorter side is 8/7 of the size (of \
    sizes up to 64, the size), and its middle is kept, as torchvision's Resize and CenterCrop do. Orientations in \
    EXIF are applied; transparency is left out. Sets of up to 512 MiB when decoded stay in memory; others are \
    decoded anew for each batch, by threads of their own.
    """, source: "torchvision's ImageFolder, and its transform for evaluation")

  /// The folder of the pictures.
  public var directory: String?
  /// The table of labels; nil where folders are the classes.
  public var labels: String?
  /// The side of the pictures that models see, in pixels.
  public var side = 224
  /// Their height and width where they are no squares; nil for `side`.
  public var height: Int?, width: Int?
  /// The samples of a pixel: 1 for grey, 3 for RGB.
  public var channels = 3
  /// The share of the pictures that is measured on where the folder has no part for that.
  public var testShare = 0.2
  /// What the choice of that share depends on.
  public var splitSeed = 0
  /// What becomes of pictures that cannot be read.
  public var damaged = PictureDamage.refuse

  /// No folder yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<ImageFolder>] =
    [
      .path("directory", \.directory, "the folder of the pictures").required(),
      .path("labels", \.labels, "a table of files and labels, where folders are not the classes"),
    ] + .pictureSize() + [
      .testShare, .splitSeed,
      .choice(
        "damaged", \.damaged,
        "whether pictures that cannot be read stop the run, or are found before it and left out"),
    ]

  /// The folders say it.
  public var classCount: Int? { nil }

  /// Whether folders or a table say the classes.
  public var isLabelled: Bool {
    labels != nil || !(directory.map(PictureFolder.isUnlabelled) ?? false)
  }

  /// The table of labels.
  public var files: [String] { [labels].compactMap(\.self) }

  /// The directory.
  public var folders: [String] { [directory].compactMap(\.self) }

  /// Whether the directory has a part for validation beside those to learn from and to be measured on.
  public var hasValidation: Bool {
    let parts = directory.flatMap { try? PictureFolder.parts(of: $0) } ?? []
    return parts.count == DatasetPart.allCases.count
  }

  /// Finds the pictures and looks at the header of each, or with `damaged: skip` decodes each.
  public func load() throws(DataError) -> DatasetParts {
    guard let directory else {
      throw .outOfRange(
        name: "the directory of dataset 'image-folder'", found: "nothing",
        allowed: "the path of a folder")
    }
    let folder = try PictureFolder(directory, labels: labels, takesUnlabelled: true)
    let found = folder.pictures
    let named = [DatasetPart.training, .test, .validation].first {
      found[$0] != nil && !folder.unlabelled.contains($0)
    }
    let classNames =
      named.map { part in
        let names = (found[part] ?? []).map(\.label)
        return labels == nil ? Set(names).sorted() : names.classNames
      } ?? [Self.unknownClass]
    guard classNames.count > 1 || named == nil else {
      throw .outOfRange(
        name: "the number of classes in \(labels ?? directory)", found: "\(classNames.count)",
        allowed: "at least 2")
    }
    let all = DatasetPart.allCases.flatMap { part in
      (found[part] ?? []).map { (part: part, picture: $0) }
    }
    let store = PictureStore(all.map { ImageSource($0.picture.path) }, fit: fit)
    let (unusable, notes) = try PictureCheck.unusable(
      store, in: directory, skips: damaged == .skip)
    var parts: [DatasetPart: PictureDataset] = [:]
    for part in DatasetPart.allCases where found[part] != nil {
      let members = all.indices.filter { all[$0].part == part && !unusable.contains($0) }
      let name = "image-folder \(part)"
      if folder.unlabelled.contains(part) {
        parts[part] = PictureDataset(
          name: name, store, members: members, labels: members.map { _ in 0 },
          classNames: classNames, isLabelled: false)
      } else {
        parts[part] = try PictureDataset(
          name: name, store, members: members, pictures: members.map { all[$0].picture },
          classNames: classNames)
      }
    }
    guard let training = parts[.training] else { throw .noPictures(directory) }
    return try self.parts(
      training: training, validation: parts[.validation], test: parts[.test], examples: examples,
      notes: notes)
  }

  /// The class of pictures where nothing says their classes.
  static let unknownClass = "unknown"

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    directory = directory.map(FilePath.name(of:))
    labels = labels.map(FilePath.name(of:))
  }
}
