import RetortFormats
import RetortNN
import RetortSchema

/// Pictures and labels in tar archives, as WebDataset has them.
public struct Shards: PictureSource {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "shards", "pictures and labels in tar archives, as WebDataset writes them",
    """
    An archive has the files of each example one after the other, of one name: 00017.jpg or .png with the \
    picture, and 00017.cls with its label, or 00017.json with an object whose field 'label-field' is. Labels that \
    are all whole numbers are the classes' numbers, and 'classes' has their names; others are the names. A part \
    is one .tar file, a folder of them, or several by their numbers: train-{0000..0099}.tar. The archives stay on \
    the disk: before a run their headers are read, and pictures at any place as batches need them, so that \
    memory does not grow with them, every picture is seen once an epoch, and a run goes on with the same bits. \
    Sizes are as of dataset image-folder.
    """, source: "Aizman, Maltby, Breuel 2019, arXiv 2001.01858")

  /// The archives to learn from, for validation, and to be measured on.
  public var training: String?, validation: String?, test: String?
  /// The file of the classes' names.
  public var classes: String?
  /// The field of a label in JSON.
  public var labelField = "label"
  /// The side of the pictures that models see, in pixels.
  public var side = 224
  /// Their height and width where they are no squares; nil for `side`.
  public var height: Int?, width: Int?
  /// The samples of a pixel: 1 for grey, 3 for RGB.
  public var channels = 3
  /// The share of the pictures that is measured on where there is no part for that.
  public var testShare = 0.2
  /// What the choice of that share depends on.
  public var splitSeed = 0
  /// What becomes of examples that cannot be read.
  public var damaged = PictureDamage.refuse

  /// No archives yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<Shards>] =
    [
      .path(
        "training", \.training, "the archives to learn from: one, a folder, or name-{00..99}.tar"
      )
      .required(),
      .path("validation-set", \.validation, "the archives for validation"),
      .path("test", \.test, "the archives to be measured on"),
      .path("classes", \.classes, "the names of classes whose labels are numbers, one a line"),
      .text("label-field", \.labelField, "the field of a label in JSON"),
    ] + .pictureSize() + [
      .testShare, .splitSeed,
      .choice(
        "damaged", \.damaged,
        "whether examples that cannot be read stop the run, or are found before it and left out"),
    ]

  /// The labels say it.
  public var classCount: Int? { nil }

  /// The names of the classes.
  public var files: [String] { [classes].compactMap(\.self) }

  /// The archives.
  public var folders: [String] {
    [training, validation, test].compactMap(\.self).flatMap { (try? ShardList($0).paths) ?? [$0] }
  }

  /// Whether there are parts for validation and to be measured on.
  public var hasValidation: Bool { validation != nil && test != nil }

  /// Reads the headers of all archives, and the labels.
  public func load() throws(DataError) -> DatasetParts {
    let named: [(DatasetPart, String?)] = [
      (.training, training), (.validation, validation), (.test, test),
    ]
    var (sources, owners, labels) = ([ImageSource](), [DatasetPart](), [String]())
    var faults: [FormatError] = []
    for case (let part, let path?) in named {
      let before = sources.count
      for shard in try ShardList(path).paths {
        try asDataError { () throws(FormatError) in
          faults += try ShardIndex.read(shard, labelField: labelField) { source, label in
            sources.append(source)
            owners.append(part)
            labels.append(label)
          }
        }
      }
      if sources.count == before, faults.isEmpty { throw .noPictures(path) }
    }
    let path = training ?? ""
    let store = PictureStore(sources, fit: fit)
    let (unusable, notes) = try PictureCheck.unusable(
      store, in: path, known: faults, skips: damaged == .skip)
    let classes = try classes(of: labels, owners, sources)
    var parts: [DatasetPart: PictureDataset] = [:]
    for case (let part, _?) in named {
      let members = sources.indices.filter { owners[$0] == part && !unusable.contains($0) }
      parts[part] = PictureDataset(
        name: "shards \(part)", store, members: members,
        labels: members.map { classes.labels[$0] }, classNames: classes.names)
    }
    guard let set = parts[.training], set.count > 0 else { throw .noPictures(path) }
    return try self.parts(
      training: set, validation: parts[.validation], test: parts[.test], examples: examples,
      notes: notes)
  }

  /// The classes' names, and each example's number.
  private func classes(
    of labels: [String], _ owners: [DatasetPart], _ sources: [ImageSource]
  ) throws(DataError) -> (names: [String], labels: [Int32]) {
    let path = training ?? ""
    let numbers = labels.compactMap { Int32($0) }
    if numbers.count == labels.count {
      let learnt = zip(numbers, owners).filter { $1 == .training }.map(\.0)
      let names = try NumberedClasses(
        file: classes, count: Int(learnt.max() ?? 0) + 1, of: path)
      return (names.names, try names.checked(numbers, of: path))
    }
    let learnt = Set(zip(labels, owners).filter { $1 == .training }.map(\.0)).sorted()
    guard learnt.count > 1 else {
      throw .outOfRange(
        name: "the number of classes in \(path)", found: "\(learnt.count)", allowed: "at least 2")
    }
    let found = try learnt.classNumbers(of: Array(labels.indices), label: { labels[$0] }) {
      .unknownPictureClass(path: sources[$0].path, label: labels[$0], nearest: $1)
    }
    return (learnt, found)
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    for path in [\Self.training, \.validation, \.test, \.classes] {
      self[keyPath: path] = self[keyPath: path].map(FilePath.name(of:))
    }
  }
}
