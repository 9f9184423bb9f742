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

  /// Whether nothing but the shapes of entries is at fault.
  package var isOfShapes: Bool {
    faults.allSatisfy { if case .shape = $0 { true } else { false } }
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
