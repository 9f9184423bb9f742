import RetortFormats

/// What can be wrong with a model that a recipe asks for.
public enum ModelError: Error, Equatable, Sendable {
  /// No model has this name.
  case unknownModel(String, nearest: [String])
  /// The model has no such option.
  case unknownOption(String, model: String, nearest: [String])
  /// An option's value is outside its range, or not whole where it must be.
  case outOfRange(String, model: String, found: Double, allowed: String)
  /// The model cannot take what the data gives, or options contradict each other.
  case unfit(model: String, reason: String)
  /// The file of a model cannot be read, or holds what Retort has not.
  case unreadable(FormatError)
}

extension ModelError: CustomStringConvertible {
  /// One line: what, and the way out.
  public var description: String {
    switch self {
    case .unknownModel(let name, let nearest):
      "there is no model '\(name)'" + ModelError.suggestion(nearest)
    case .unknownOption(let name, let model, let nearest):
      "model '\(model)' has no option '\(name)'"
        + (nearest.isEmpty ? "; it has none" : ModelError.suggestion(nearest))
    case .outOfRange(let name, let model, let found, let allowed):
      "option '\(name)' of model '\(model)' is \(found); it must be \(allowed)"
    case .unfit(let model, let reason): "model '\(model)': \(reason)"
    case .unreadable(let error): "\(error)"
    }
  }

  private static func suggestion(_ nearest: [String]) -> String {
    nearest.isEmpty
      ? "" : ". Did you mean \(nearest.map { "'\($0)'" }.joined(separator: " or "))?"
  }
}
