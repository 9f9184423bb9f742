import RetortCPU
import RetortFormats
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// An epoch is a pass over the examples, whatever the batch.
@Suite struct EpochTests {
  @Test(arguments: [
    (6, 300, 200, 9), (1, 300, 200, 2), (3, 60, 40, 5), (5, 60, 60, 5), (2, 60, 7, 18),
    (10, 20, 128, 2), (1, 3, 8, 1), (6, 60_000, 128, 2813), (1_000_000, 1, 1_000_000, 1),
  ])
  func stepsCoverEveryExampleOnceAnEpoch(
    _ epochs: Int, _ examples: Int, _ batch: Int, _ steps: Int
  ) {
    var train = TrainSpec()
    (train.length, train.batch) = (.epochs(epochs), batch)
    #expect(train.steps(examples: examples) == steps)
    #expect(steps * batch >= epochs * examples && (steps - 1) * batch < epochs * examples)
  }

  /// Steps, epochs in the metrics, the schedule, and what a checkpoint says agree.
  @Test func aRunTrainsWholePasses() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: passes
          data: {name: fashion-mnist, directory: \(home)/pictures}
          student: {model: mlp, hidden1: 3, hidden2: 0}
          optimizer: {kind: sgd, learning-rate: 1, schedule: {kind: one-cycle}}
          train: {batch: 40, epochs: 3, log-every: 1}
          """, path: "passes.yaml")
      let result = try #require(
        try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run().first)
      #expect(result.steps == 5)
      let lines = try FileBytes.read(home + "/out/metrics.jsonl").split(
        separator: UInt8(ascii: "\n")
      ).map { try JSONValue.parse($0, path: "metrics.jsonl") }
      #expect(lines.compactMap { $0["step"]?.int } == [1, 2, 3, 4, 5])
      // 40, 80, 120, 160 and 200 examples of 60.
      #expect(lines.compactMap { $0["epoch"]?.int } == [0, 1, 2, 2, 3])
      // One-cycle ends at the last step at a 250,000th of its largest rate.
      let rates = lines.compactMap { $0["learningRate"]?.double }
      #expect(abs((rates.last ?? 0) * 250_000 - 1) < 1e-6)
    }
  }

  @Test func moreStepsThanCanBeCountedAreRefused() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: long
          data: {name: fashion-mnist, directory: \(home)/pictures}
          student: {model: mlp, hidden1: 3, hidden2: 0}
          train: {batch: 1, epochs: 1000000}
          """, path: "long.yaml")
      var train = recipe.stages[0].train
      #expect(train.steps(examples: 60) == 60_000_000)
      train.length = .epochs(.max)
      #expect(train.steps(examples: 60) == .max)
      var endless = recipe
      endless.stages[0].train.length = .epochs(100_000_000)
      let error = #expect(throws: RunError.self) {
        _ = try RecipeRunner(endless, on: CPUBackend(), into: home + "/out").run()
      }
      #expect(
        error?.description
          == "stage 'long' has 6000000000 steps, more than the limit of 1000000000; "
          + "train fewer epochs, or with a larger batch")
    }
  }
}
