/// The faults of weights that do not fit a model, all at once.
public struct WeightError: Error, Equatable, Sendable {
  /// A fault of one entry.
  public enum Fault: Equatable, Sendable {
    /// A parameter of the model that the weights lack.
    case missing(String)
    /// An entry of the weights that the model lacks.
    case unexpected(String)
    /// An entry whose shape differs from the parameter's.
    case shape(String, expected: [Int], found: [Int])
    /// An entry with NaN or infinite elements.
    case notFinite(String)
  }

  /// The model's name, such as `teacher`.
  public var model: String
  /// The faults, at least one.
  public var faults: [Fault]

  /// Whether nothing is at fault but the number of rows of some entries, one number in all of them, as of a
  /// classifier that tells other classes apart.
  package var isOfClasses: Bool {
    var counts: Set<[Int]> = []
    for fault in faults {
      guard case .shape(_, let expected, let found) = fault,
        expected.dropFirst() == found.dropFirst()
      else { return false }
      counts.insert([expected[0], found[0]])
    }
    return counts.count == 1
  }
}

extension WeightError: CustomStringConvertible {
  /// One line: the model and its first faults.
  public var description: String {
    let shown = faults.prefix(4).map(\.text).joined(separator: "; ")
    let rest = faults.count > 4 ? "; and \(faults.count - 4) more" : ""
    return "the weights do not fit model '\(model)': \(shown)\(rest)"
  }
}

extension WeightError.Fault {
  fileprivate var text: String {
    switch self {
    case .missing(let name): "'\(name)' is missing"
    case .unexpected(let name): "the model has no '\(name)'"
    case .shape(let name, let expected, let found):
      "'\(name)' has shape \(found), the model needs \(expected)"
    case .notFinite(let name):
      "'\(name)' has an element that is NaN or infinite, as after a training that diverged"
    }
  }
}
