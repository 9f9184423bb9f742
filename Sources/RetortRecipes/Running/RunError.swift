/// What stops a run before or between its stages.
public enum RunError: Error, Equatable, Sendable {
  /// A teacher that is worse than its recipe expects.
  case weakTeacher(stage: String, accuracy: Double, expected: Double)
  /// A generator's stage refers to a model that cannot decode.
  case notAGenerator(stage: String, model: String)
  /// A dataset that this build cannot load.
  case unknownDataset(String, known: [String])
  /// No stage of the recipe explores, or none of that name.
  case nothingToExplore(stage: String?, recipe: String)
  /// A stage that nothing earlier in the run provides.
  case missingStage(String, neededBy: String)
}

extension RunError: CustomStringConvertible {
  /// One line: what, where, and the way out.
  public var description: String {
    switch self {
    case .weakTeacher(let stage, let accuracy, let expected):
      "stage '\(stage)': the teacher's test accuracy is \(percent(accuracy)), below the expected "
        + "\(percent(expected)); train it longer, or lower teacher.expected-accuracy"
    case .notAGenerator(let stage, let model):
      "stage '\(stage)': model '\(model)' is no generator; use one with an encoder and a decoder, "
        + "such as conv-vae"
    case .unknownDataset(let name, let known):
      "no dataset is called '\(name)'; known are \(known.joined(separator: ", "))"
    case .nothingToExplore(let stage, let recipe):
      (stage.map { "stage '\($0)' of recipe '\(recipe)' does" } ?? "recipe '\(recipe)' does")
        + " not explore; give it an 'explore' block"
    case .missingStage(let name, let stage):
      "stage '\(stage)' needs the weights of stage '\(name)', which has not run; "
        + "run the recipe first, or give 'weights' instead of 'from'"
    }
  }

  private func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
  }
}
