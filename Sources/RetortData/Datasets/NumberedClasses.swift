import RetortFormats

/// The names of classes that labels call by their numbers.
struct NumberedClasses {
  /// The names, by number.
  let names: [String]

  /// The names in a file, one a line, or the numbers themselves.
  ///
  /// - Parameters:
  ///   - file: The file; nil for none.
  ///   - count: The number of classes that labels name: those in a file may be more.
  ///   - path: Where the labels are.
  /// - Throws: `DataError` for a file that cannot be read or has too few names, and for a single class.
  init(file: String?, count: Int, of path: String) throws(DataError) {
    guard count > 1 || file != nil else {
      throw .outOfRange(
        name: "the number of classes in \(path)", found: "\(count)", allowed: "at least 2")
    }
    guard count <= 1 << 20 else {
      throw .outOfRange(
        name: "the largest label in \(path)", found: "\(count - 1)", allowed: "below 1048576")
    }
    guard let file else {
      names = (0..<count).map { "\($0)" }
      return
    }
    var (names, seen) = ([String](), Set<String>())
    try asDataError { () throws(FormatError) in
      try TextFile.lines(of: TextFile.read(file, limit: 1 << 26), path: file) {
        (number, line) throws(FormatError) in
        guard !line.isEmpty else { return }
        guard seen.insert(line).inserted else {
          throw FormatError(file, in: "line \(number)", .duplicateKey(line))
        }
        names.append(line)
      }
    }
    guard names.count >= max(2, count) else {
      throw .wrongShape(
        path: file, expected: "at least \(max(2, count)) names, one a line",
        found: "\(names.count)")
    }
    self.names = names
  }

  /// The labels, each of which is the number of a class.
  ///
  /// - Throws: `DataError.unknownLabel` for the first that is none.
  func checked(_ labels: [Int32], of path: String) throws(DataError) -> [Int32] {
    guard let index = labels.firstIndex(where: { $0 < 0 || Int($0) >= names.count }) else {
      return labels
    }
    throw .unknownLabel(
      path: path, index: index, label: Int(labels[index]), classes: names.count)
  }
}
