import RetortCore
import RetortFormats
import RetortNN

/// Labelled pictures in files, which are decoded and resized when they are loaded.
///
/// Sets of up to 512 MiB of decoded samples, subsets and parts together, stay in memory once decoded.
public struct PictureDataset: Dataset {
  /// The name in messages and result files.
  public let name: String
  /// The class of each picture, `[count]`, from 0.
  public let labels: [Int32]
  /// The names of the classes, by class number.
  public let classNames: [String]
  /// Whether the labels are known.
  public let isLabelled: Bool
  /// The place in `store` of each picture.
  private let members: [Int]
  private let store: PictureStore

  /// Some pictures of `store`; every label has a class name.
  init(
    name: String, _ store: PictureStore, members: [Int], labels: [Int32], classNames: [String],
    isLabelled: Bool = true
  ) {
    precondition(
      members.count == labels.count
        && labels.allSatisfy { $0 >= 0 && Int($0) < classNames.count },
      "every picture of a PictureDataset has a label that names a class")
    (self.name, self.store, self.members) = (name, store, members)
    (self.labels, self.classNames, self.isLabelled) = (labels, classNames, isLabelled)
  }

  /// Some pictures of `store`, with the labels that their folders or a table give them.
  ///
  /// - Throws: `DataError.unknownPictureClass` for a label that is not in `classNames`.
  init(
    name: String, _ store: PictureStore, members: [Int], pictures: [PictureFolder.Picture],
    classNames: [String]
  ) throws(DataError) {
    let labels = try classNames.classNumbers(of: pictures, label: \.label) {
      .unknownPictureClass(path: $0.path, label: $0.label, nearest: $1)
    }
    self.init(name: name, store, members: members, labels: labels, classNames: classNames)
  }

  /// Pictures in the files at `paths` without classes, which are read once.
  package init(name: String, unlabelled paths: [String], fit: PictureFit, classNames: [String]) {
    // The loader requires labels, but prediction ignores them.
    self.init(
      name: name, PictureStore(paths.map { ImageSource($0) }, fit: fit, keeping: 0),
      members: Array(paths.indices),
      labels: paths.map { _ in 0 }, classNames: classNames, isLabelled: false)
  }

  /// The size of the pictures.
  public var size: ImageSize { store.fit.size }

  /// One field, `samples`, uint8 `[height, width, channels]`.
  public var fields: [Field] {
    [Field("samples", [size.height, size.width, size.channels], .uint8)]
  }

  /// Up to four, as decoding takes longer than all else.
  public var loadingThreads: Int { min(4, WorkThreads.processorCount) }

  /// The file of picture `index`, or the archive that has it.
  public func path(of index: Int) -> String { store.sources[members[index]].path }

  /// Reads, decodes and resizes picture `index`.
  ///
  /// - Throws: `DataError.format` for a file that cannot be read or is damaged.
  public func write(
    _ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    try asDataError { () throws(FormatError) in try store.write(members[index], into: target) }
  }

  /// Reads and decodes picture `index`, and scales a part of it to the size of the others.
  ///
  /// The part is of the whole file, so that what is in memory of it does not help.
  ///
  /// - Throws: `DataError.format` for a file that cannot be read or is damaged.
  public func write(
    _ index: Int, field: Int, crop: RandomCrop, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    try asDataError { () throws(FormatError) in
      try store.read(members[index], crop: crop, into: target)
    }
  }

  /// The pictures at `indices`, in that order.
  public func subset(_ indices: [Int], name: String?) -> PictureDataset {
    PictureDataset(
      name: name ?? self.name, store, members: indices.map { members[$0] },
      labels: indices.map { labels[$0] }, classNames: classNames, isLabelled: isLabelled)
  }
}
