import RetortFormats
import RetortNN
import RetortSchema

/// Pictures and labels in NumPy's files.
public struct NumPyArrays: SharedOut {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "numpy", "pictures and labels in NumPy's files, .npy or .npz",
    """
    An .npz file has an array of pictures and one of labels, or those of several parts: names such as x_train, \
    y_test, val_images are understood, and 'images' and 'labels' say others. An .npy file has one array, so that \
    the labels are a file of their own. Pictures are [count, height, width], with channels behind or before \
    height and width: uint8, other integers from 0 to 255, or floats from 0 to 1 or to 255, which are rounded to \
    8 bits. Labels are integers from 0, [count] or [count, 1]. No pickle is ever read. The arrays stay in memory.
    """, source: "NumPy, numpy.lib.format")

  /// Where the channels of a pixel stand.
  public enum Layout: String, CaseIterable, Sendable {
    /// As the extents say: 1 or 3 is the number of channels.
    case auto
    /// `[count, height, width, channels]`.
    case last
    /// `[count, channels, height, width]`.
    case first
  }

  /// The file to learn from, and that of its labels.
  public var training: String?, trainingLabels: String?
  /// The file for validation, and that of its labels.
  public var validation: String?, validationLabels: String?
  /// The file to be measured on, and that of its labels.
  public var test: String?, testLabels: String?
  /// What the arrays are called in .npz files.
  public var images: String?, labels: String?
  /// Where channels stand.
  public var layout = Layout.auto
  /// The file of the classes' names.
  public var classes: String?
  /// The share of the pictures that is measured on where there is no part for that.
  public var testShare = 0.2
  /// What the choice of that share depends on.
  public var splitSeed = 0

  /// No files yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<NumPyArrays>] = [
    .path("training", \.training, "the pictures to learn from; an .npz file may have all parts")
      .required(),
    .path("training-labels", \.trainingLabels, "their labels, where that is an .npy file"),
    .path("validation-set", \.validation, "the pictures for validation"),
    .path("validation-labels", \.validationLabels, "their labels, where that is an .npy file"),
    .path("test", \.test, "the pictures to be measured on"),
    .path("test-labels", \.testLabels, "their labels, where that is an .npy file"),
    .text("images", \.images, "what the pictures are called in .npz files, without their part"),
    .text("labels", \.labels, "what the labels are called there"),
    .choice("channels", \.layout, "whether channels stand first or last in a picture"),
    .path("classes", \.classes, "the classes' names, one a line; numbers if left out"),
    .testShare, .splitSeed,
  ]

  /// Labels in a file of their own belong to pictures in one.
  public var faults: [KeyFault] {
    [
      ("training-labels", training, trainingLabels),
      ("validation-labels", validation, validationLabels), ("test-labels", test, testLabels),
    ].compactMap { key, images, labels in
      labels != nil && images == nil
        ? KeyFault(key, "'\(key)' are the labels of pictures that are not named") : nil
    }
  }

  /// Pictures of the size in the first file; 28×28 grey pixels until it is there.
  public var examples: ExampleSpec {
    let size = try? reader.parts().first { $0.part == .training }?.size()
    return .image(size ?? ImageSize(height: 28, width: 28, channels: 1))
  }

  /// The labels say it.
  public var classCount: Int? { nil }

  /// All that are named.
  public var files: [String] {
    [training, trainingLabels, validation, validationLabels, test, testLabels, classes].compactMap(
      \.self)
  }

  /// Whether there are parts for validation and to be measured on.
  public var hasValidation: Bool {
    let parts = (try? reader.parts().map(\.part)) ?? []
    return parts.contains(.validation) && parts.contains(.test)
  }

  private var reader: NumPyParts {
    NumPyParts(
      files: [
        (.training, training, trainingLabels), (.validation, validation, validationLabels),
        (.test, test, testLabels),
      ], images: images, labels: labels, layout: layout)
  }

  /// Reads all arrays.
  public func load() throws(DataError) -> DatasetParts {
    let found = try reader.parts()
    guard let training = found.first(where: { $0.part == .training }) else {
      throw .outOfRange(
        name: "the training pictures of dataset 'numpy'", found: "nothing",
        allowed: "the path of a file with such a part")
    }
    let size = try training.size()
    let first = try training.content(size, scale: nil)
    let names = try NumberedClasses(
      file: classes, count: Int(first.labels.max() ?? 0) + 1, of: training.labels.path)
    var sets: [DatasetPart: ImageDataset] = [:]
    for part in found {
      let content = part.part == .training ? first : try part.content(size, scale: first.scale)
      sets[part.part] = ImageDataset(
        name: "numpy \(part.part)", images: content.images,
        labels: try names.checked(content.labels, of: part.labels.path), height: size.height,
        width: size.width, channels: size.channels, classNames: names.names)
    }
    guard let set = sets[.training] else { throw .noPictures(training.images.path) }
    return try parts(
      training: set, validation: sets[.validation], test: sets[.test], examples: .image(size),
      notes: first.note.map { ["\(training.images.path): \($0)"] } ?? [])
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    for path in [
      \Self.training, \.trainingLabels, \.validation, \.validationLabels, \.test, \.testLabels,
      \.classes,
    ] { self[keyPath: path] = self[keyPath: path].map(FilePath.name(of:)) }
  }
}
