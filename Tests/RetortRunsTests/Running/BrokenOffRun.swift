import RetortCPU
import RetortRecipes
import RetortTraining
import Testing

@testable import RetortRuns

/// Runs a recipe on the processor, and breaks it off after so many steps of the stage called `stage`, or of its first.
func breakOff(
  _ recipe: Recipe, into folder: String, after steps: Int, of stage: String? = nil,
  _ comment: Comment? = nil
) {
  var (hasBegun, asked) = (stage == nil, 0)
  #expect(throws: TrainingError.interrupted(step: steps), comment) {
    _ = try RecipeRunner(
      recipe, on: CPUBackend(), into: folder,
      report: {
        if case .stageBegan(let name, _, _, _) = $0, name == stage { hasBegun = true }
      },
      isCancelled: {
        asked += hasBegun ? 1 : 0
        return asked > steps
      }
    ).run()
  }
}
