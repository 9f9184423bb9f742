import Foundation
import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortRecipes
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortRuns

/// What is chosen is chosen by held-out training examples, and by nothing else.
@Suite struct ValidationTests {
  /// A student that soon learns its pictures by heart.
  private func recipe(_ home: String, _ changes: String...) throws -> Recipe {
    try Recipe.decode(
      yaml: """
        version: 1
        name: chosen
        data: {name: fashion-mnist, directory: \(home)/pictures, labelled: 30, validation: 20}
        student: {model: mlp, hidden1: 6, hidden2: 0}
        checkpoints: {steps: 3}
        optimizer: {kind: adam, learning-rate: 0.03, average: {decay: 0.5}}
        train: {batch: 10, steps: 60, evaluate-every: 2, log-every: 4, keep: best, patience: 3}
        """, path: "chosen.yaml", overrides: changes)
  }

  private func run(_ recipe: Recipe, _ folder: String) throws -> StageResult {
    try #require(try RecipeRunner(recipe, on: CPUBackend(), into: folder).run().first)
  }

  private func lines(_ folder: String, _ split: String) throws -> [JSONValue] {
    try FileBytes.read(folder + "/metrics.jsonl").split(separator: UInt8(ascii: "\n"))
      .map { try JSONValue.parse($0, path: "metrics.jsonl") }
      .filter { $0["split"]?.string == split }
  }

  @Test func theBestIsKeptAndTrainingStops() throws {
    try SmallPictures.withFolder { home in
      let (recipe, out) = (try recipe(home), home + "/out")
      let result = try run(recipe, out)
      let points = try lines(out, "validation")
      let scores = try points.map { try #require($0["accuracy"]?.double) }
      let steps = try points.map { try #require($0["step"]?.int) }
      #expect(steps == Array(stride(from: 2, through: result.steps, by: 2)))
      // It stops at the third validation in a row that is not better than the first best one.
      let top = try #require(scores.max())
      let first = try #require(scores.firstIndex(of: top))
      #expect(result.steps < 60 && scores.count == first + 4)
      let best = try #require(result.best)
      #expect(best.step == steps[first] && best.validation?.accuracy == top)
      #expect(result.last.step == result.steps && result.last.validation?.accuracy == scores.last)
      #expect(result.kept == .best && result.trained.accuracy == best.testAccuracy)
      #expect(try lines(out, "train").last?["step"]?.int == result.steps)
      #expect(try lines(out, "test").compactMap { $0["step"]?.int } == steps)

      // What is exported is the mean of the weights in that state, and scores as the result says.
      let state = try Checkpoint(path: "\(out)/checkpoints/best-\(best.step).safetensors")
      let stored = try StoredModel(out)
      let model = try StageModel(
        stored.spec, name: "student", isFrozen: true,
        examples: FashionMNIST().examples, classes: 10,
        session: Session(CPUBackend()), seed: 0)
      let kept = try model.store.imported(
        Safetensors.read(out + "/student/model.safetensors").weights())
      #expect(kept.parameters == state.variables["student.average"])
      let score = try stored.evaluate(on: recipe.stages[0].data, with: CPUBackend()).score
      #expect(score.accuracy == result.trained.accuracy && score.nll == result.trained.nll)
      let json = try JSONValue.parse(try FileBytes.read(out + "/result.json")[...], path: "result")
      #expect(json["kept"]?.string == "best" && json["best"]?["step"]?.int == best.step)
      #expect(json["best"]?["validation"]?["accuracy"]?.double == top)
      #expect(json["last"]?["test"]?["accuracy"]?.double == result.last.testAccuracy)
      let read = try StageResult(path: out + "/result.json", of: recipe.stages[0])
      #expect(read == result)
    }
  }

  /// With other test labels the same state is chosen, after as many steps.
  @Test func theTestSetDecidesNothing() throws {
    try SmallPictures.withFolder { home in
      let result = try run(try recipe(home), home + "/out")
      let labels = home + "/pictures/t10k-labels-idx1-ubyte"
      let bytes = try FileBytes.read(labels)
      try AtomicFile.write(Array(bytes.prefix(8)) + bytes.dropFirst(8).map { 9 - $0 }, to: labels)
      let other = try run(try recipe(home), home + "/other")
      #expect(other.trained.accuracy != result.trained.accuracy)
      #expect(other.best?.step == result.best?.step && other.steps == result.steps)
      let files = ["out", "other"].map { "\(home)/\($0)/student/model.safetensors" }
      #expect(try FileBytes.read(files[0]) == FileBytes.read(files[1]))
    }
  }

  @Test func theLastIsKeptUnlessToldOtherwise() throws {
    try SmallPictures.withFolder { home in
      let recipe = try recipe(home, "train.keep=null", "train.evaluate-every=null")
      let result = try run(recipe, home + "/out")
      let best = try #require(result.best)
      #expect(result.kept == .last && result.trained.accuracy == result.last.testAccuracy)
      #expect(best.step < result.last.step && best.testNLL != result.last.testNLL)
      // Without a word a pass lies between two validations: three steps for 30 examples.
      let steps = try lines(home + "/out", "validation").compactMap { $0["step"]?.int }
      #expect(steps == Array(stride(from: 3, through: result.steps, by: 3)))
      #expect(try lines(home + "/out", "test").isEmpty)
    }
  }

  @Test func withoutValidationThereIsNoBest() throws {
    try SmallPictures.withFolder { home in
      let recipe = try recipe(
        home, "data.validation=null", "train.keep=null", "train.patience=null", "train.steps=6")
      let result = try run(recipe, home + "/out")
      #expect(result.best == nil && result.last.validation == nil && result.steps == 6)
      #expect(try lines(home + "/out", "validation").isEmpty)
      #expect(try lines(home + "/out", "test").count == 3)
      let names = try FileManager.default.contentsOfDirectory(atPath: home + "/out/checkpoints")
      #expect(names.sorted() == ["step-3.safetensors", "step-6.safetensors"])
    }
  }

  @Test func aGeneratorIsChosenByItsLoss() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: vae
          data: {name: fashion-mnist, directory: \(home)/pictures, validation: 20}
          generator: {model: conv-vae, latent: 2, width: 2, hidden: 4}
          losses: [{kind: vae, weight: 0.5, kl-weight: 2}]
          optimizer: {learning-rate: 0.03}
          train: {batch: 10, steps: 12, evaluate-every: 3, keep: best}
          """, path: "vae.yaml")
      let result = try run(recipe, home + "/out")
      let points = try lines(home + "/out", "validation")
      #expect(points.compactMap { $0["step"]?.int } == [3, 6, 9, 12])
      let losses = points.compactMap { $0["loss"]?.double }
      #expect(Set(losses).count == 4 && result.best?.validation?.loss == losses.min())
      #expect(result.best?.validation?.accuracy == nil && result.best?.testAccuracy == nil)
    }
  }

  /// Broken off after any number of steps, a run ends with the same bits, early stopping included.
  @Test func goingOnEqualsNoPause() throws {
    try SmallPictures.withFolder { home in
      let recipe = try recipe(home)
      let whole = try run(recipe, home + "/whole")
      var lost = whole
      lost.seconds = 0
      let expected = try facts(home + "/whole")
      for pause in 1..<whole.steps {
        let out = "\(home)/out-\(pause)"
        breakOff(recipe, into: out, after: pause)
        #expect(try resumed(recipe, out) == lost, "paused after \(pause)")
        #expect(try facts(out) == expected, "paused after \(pause)")
      }
      // A run that was killed when training had ended, and one that lost its best state besides.
      for isBestLost in [false, true] {
        let out = home + "/whole"
        unlink(out + "/result.json")
        if isBestLost {
          unlink("\(out)/checkpoints/best-\(try #require(whole.best).step).safetensors")
        }
        #expect(try resumed(recipe, out) == lost)
        #expect(try facts(out) == expected)
      }
    }
  }

  private func resumed(_ recipe: Recipe, _ folder: String) throws -> StageResult {
    let runner = RecipeRunner(recipe, on: CPUBackend(), into: folder, isResumed: true)
    var result = try #require(try runner.run().first)
    result.seconds = 0
    return result
  }

  /// The weights of a run, and its metrics without times.
  private func facts(_ folder: String) throws -> [String] {
    let metrics = try ["train", "validation", "test"].flatMap { split in
      try lines(folder, split).map { line in
        let members = line.members ?? []
        return JSONValue.object(
          members.filter { !["seconds", "examplesPerSecond", "dataWait"].contains($0.key) }
        ).text
      }
    }
    let weights = try FileBytes.read(folder + "/student/model.safetensors")
    return metrics + [SHA256.hexadecimal(weights)]
  }

  @Test(arguments: [(60, 30, 10, 3), (5, 30, 100, 1), (3000, 300, 64, 30), (3000, 60_000, 64, 938)])
  func aValidationComesWithEachPassButNotTooOften(
    _ steps: Int, _ examples: Int, _ batch: Int, _ interval: Int
  ) {
    var train = TrainSpec()
    train.batch = batch
    #expect(train.validationInterval(steps: steps, examples: examples) == interval)
    train.evaluateEvery = 7
    #expect(train.validationInterval(steps: steps, examples: examples) == 7)
  }

  @Test func theFirstOfEqualsIsTheBest() {
    var record = ValidationRecord()
    for (step, accuracy) in [(1, 0.25), (2, 0.5), (3, 0.5), (4, 0.25)] {
      let isBest = record.add(.init(step: step, accuracy: accuracy, loss: Double(-step)))
      #expect(isBest == (step < 3))
    }
    #expect(record.best?.step == 2 && record.last?.step == 4 && record.stale == 2)
    let (small, large) = (
      ValidationRecord.Point(step: 1, accuracy: nil, loss: 1),
      ValidationRecord.Point(step: 2, accuracy: nil, loss: 2)
    )
    #expect(small.isBetter(than: large) && !large.isBetter(than: small))
  }
}
