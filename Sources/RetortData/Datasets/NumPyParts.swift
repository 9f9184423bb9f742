import RetortFormats
import RetortNN

/// Which arrays of NumPy's files are the parts of a set.
struct NumPyParts {
  /// An array in a file.
  struct Place {
    let file: NumPyFile
    let name: String

    /// The file, and the array's name in it.
    var path: String { name.isEmpty ? file.path : "\(file.path): \(name)" }
  }

  /// The files that are named for each part: of the pictures, and of their labels.
  let files: [(part: DatasetPart, images: String?, labels: String?)]
  /// What the arrays of pictures and labels are called; nil for the usual names.
  let images: String?, labels: String?
  /// Where channels stand.
  let layout: NumPyArrays.Layout

  private static let imageNames = ["images", "x", "data", "arr_0"]
  private static let labelNames = ["labels", "y", "targets", "arr_1"]

  /// The parts; a file of several gives those that no file of their own is named for.
  ///
  /// - Throws: `DataError.format` for files that cannot be read or lack an array.
  func parts() throws(DataError) -> [NumPyPart] {
    try asDataError { () throws(FormatError) in
      var found: [NumPyPart] = []
      for (part, images, labels) in files {
        guard let images else { continue }
        let file = try NumPyFile(images)
        if file.names == [""] {
          guard let labels else {
            throw FormatError(
              images,
              .unsupported(
                what: "one array without labels",
                supported: "an .npz file, or labels in a file of their own: '\(Self.key(part))'"))
          }
          let other = try NumPyFile(labels)
          let name = try other.names.count == 1 ? other.names[0] : Self.only(names(1), other)
          found.append(part, Place(file: file, name: ""), Place(file: other, name: name), layout)
          continue
        }
        let inside = try self.inside(file)
        let fitting = inside.first { $0.part == part } ?? inside.first { $0.part == nil }
        guard let own = fitting ?? (inside.count == 1 ? inside.first : nil) else {
          throw FormatError(images, .missingKey("\(names(0)[0])_\(part.names[0])"))
        }
        found.append(part, own.images, own.labels, layout)
        // The file to learn from may have the other parts too.
        guard part == .training else { continue }
        for other in inside where other.part != own.part {
          guard let inner = other.part,
            !files.contains(where: { $0.part == inner && $0.images != nil })
          else { continue }
          found.append(inner, other.images, other.labels, layout)
        }
      }
      return found
    }
  }

  private static func key(_ part: DatasetPart) -> String { "\(part)-labels" }

  private func names(_ index: Int) -> [String] {
    let given = index == 0 ? images : labels
    return given.map { [$0] } ?? (index == 0 ? Self.imageNames : Self.labelNames)
  }

  /// The one array of `file` with one of `names`.
  private static func only(_ names: [String], _ file: NumPyFile) throws(FormatError) -> String {
    guard let name = names.first(where: { file.names.contains($0) }) else {
      throw FormatError(file.path, .missingKey(names[0]))
    }
    return name
  }

  /// The pairs of arrays in an archive, by the part that their names have, nil for none.
  private func inside(
    _ file: NumPyFile
  ) throws(FormatError) -> [(part: DatasetPart?, images: Place, labels: Place)] {
    var found: [(part: DatasetPart?, images: Place, labels: Place)] = []
    for part in [nil] + DatasetPart.allCases.map(Optional.some) {
      func array(_ index: Int) -> String? {
        for name in names(index) {
          let affixed = (part?.names ?? []).flatMap { ["\($0)_\(name)", "\(name)_\($0)"] }
          let wanted = part == nil ? [name] : affixed
          let own = file.names.first { wanted.contains($0) || wanted.contains($0.lowercased()) }
          if let own { return own }
        }
        return nil
      }
      guard let images = array(0) else { continue }
      guard let labels = array(1) else {
        throw FormatError(
          file.path, in: images,
          .unsupported(
            what: "an array of pictures without one of labels",
            supported: "names such as \(images) and labels; 'labels' says another"))
      }
      found.append((part, Place(file: file, name: images), Place(file: file, name: labels)))
    }
    guard !found.isEmpty else {
      throw FormatError(
        file.path,
        .unsupported(
          what: "an archive of \(file.names.prefix(8).joined(separator: ", "))",
          supported: "arrays called images and labels, or as 'images' and 'labels' say"))
    }
    return found
  }
}

extension [NumPyPart] {
  fileprivate mutating func append(
    _ part: DatasetPart, _ images: NumPyParts.Place, _ labels: NumPyParts.Place,
    _ layout: NumPyArrays.Layout
  ) {
    append(NumPyPart(part: part, images: images, labels: labels, layout: layout))
  }
}
