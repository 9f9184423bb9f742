/// Weights that do not fit a model; every fault at once.
public struct WeightError: Error, Equatable, Sendable {
  /// What is wrong with one name.
  public enum Fault: Equatable, Sendable {
    /// The model has it, the weights do not.
    case missing(String)
    /// The weights have it, the model does not.
    case unexpected(String)
    /// Both have it, with different extents.
    case shape(String, expected: [Int], found: [Int])
    /// One of its elements is NaN or infinite.
    case notFinite(String)
  }

  /// The store's name, such as `teacher`.
  public var model: String
  /// At least one.
  public var faults: [Fault]
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
