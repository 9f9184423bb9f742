/// A part of a set, with the names that its files and folders may have.
enum DatasetPart: CaseIterable {
  case training, validation, test

  /// The names, the usual one first.
  var names: [String] {
    switch self {
    case .training: ["train"]
    case .validation: ["validation", "val"]
    case .test: ["test"]
    }
  }
}
