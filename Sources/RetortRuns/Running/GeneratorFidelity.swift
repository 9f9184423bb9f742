import RetortCore
import RetortRecipes

/// How faithful the generator is that a stage explores with.
public struct GeneratorFidelity: Sendable {
  /// The stage.
  public let stage: String
  /// The number of training examples that it is judged by.
  public let examples: Int
  /// The share of them that the teacher takes for the same once they are reconstructed, in [0, 1].
  public let labelsKept: Double

  /// The fewest training examples by which one is judged.
  public static let leastExamples = 128

  /// The share below which the generator is too weak.
  private static let least = 0.7

  /// Whether the search starts too often from something else to the teacher.
  public var isWeak: Bool { labelsKept < Self.least }

  /// What a user is told of it.
  public var text: String {
    let found =
      "of \(examples) training examples that it reconstructs, \(Int((100 * labelsKept).rounded())) % keep the "
      + "teacher's label"
    return isWeak
      ? "the generator of stage '\(stage)' is weak: \(found), so that the search starts from other classes; train it "
        + "longer, or with larger codes"
      : "the generator of stage '\(stage)': \(found)"
  }
}

extension RecipeRunner {
  /// How faithful the generators are whose codes a recipe's stages explore around; stages with the same models and
  /// examples as an earlier one are left out.
  ///
  /// Models and examples are read, and the device computes; nothing is trained or written.
  ///
  /// - Returns: What was found, and the stages of which nothing can be said before the run: those that take a model
  ///   of an earlier stage, or have fewer than `leastExamples`.
  /// - Throws: As `run`.
  public static func fidelity(
    of recipe: Recipe, on backend: any Backend
  ) throws -> (found: [GeneratorFidelity], unknown: [String]) {
    let runner = RecipeRunner(recipe, on: backend, into: ".")
    var measured: [StageSpec] = []
    var (found, unknown) = ([GeneratorFidelity](), [String]())
    for stage in recipe.stages where stage.explore?.kind.needsEncoder == true {
      guard
        !measured.contains(where: {
          $0.generator == stage.generator && $0.teachers == stage.teachers && $0.data == stage.data
        })
      else { continue }
      measured.append(stage)
      let isTrainedHere = stage.models.contains { part in
        if case .stage = part.spec.source { true } else { false }
      }
      if !isTrainedHere, let fidelity = try StageRunner(stage, runner).generatorFidelity() {
        found.append(fidelity)
      } else {
        unknown.append(stage.name)
      }
    }
    return (found, unknown)
  }
}
