import Retort
import Testing

@testable import RetortExamples

/// What `Examples/` shows works, by what `import Retort` offers alone.
@Suite struct ExamplesTests {
  @Test func aLossOfOnesOwnIsLearnt() throws {
    let losses = try distilWithOwnLoss(steps: 100, on: CPUBackend())
    #expect(losses.last < losses.first / 2)
  }

  @Test func aDatasetOfOnesOwnIsLearnt() throws {
    #expect(try trainOnOwnDataset(steps: 300, on: CPUBackend()) > 0.95)
  }
}
