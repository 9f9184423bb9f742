import Foundation
import RetortCPU
import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortRuns

@Suite struct AverageTests {
  private let recipe = """
    version: 1
    name: averaged
    data: {name: fashion-mnist, directory: PICTURES}
    checkpoints: {steps: 1, keep: 9}
    teacher: {model: mlp, hidden1: 6, hidden2: 0}
    optimizer: {kind: rmsprop, learning-rate: 0.1, clip-norm: 0.5, average: {kind: equal, from: 2}}
    train: {steps: 5, batch: 10, evaluate-every: 5, log-every: 1}
    """

  @Test func whatIsMeasuredAndKeptIsTheMean() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: recipe.replacingOccurrences(of: "PICTURES", with: home + "/pictures"),
        path: "averaged")
      var tested: [Double] = []
      var norms: [Double] = []
      let runner = RecipeRunner(
        recipe, on: CPUBackend(), into: home + "/out",
        report: { event in
          switch event {
          case .evaluated(_, _, _, let accuracy): tested.append(accuracy)
          case .progress(_, let progress):
            norms += progress.losses.filter { $0.name == "gradient-norm" }.map(\.value)
          default: break
          }
        })
      let result = try #require(try runner.run().first)
      #expect(norms.count == 5 && norms.allSatisfy { $0 > 0 })

      let checkpoints = try (1...5).map {
        try Checkpoint(path: "\(home)/out/checkpoints/step-\($0).safetensors").variables
      }
      let weights = try checkpoints.map { try #require($0["teacher.parameters"]) }
      let average = try #require(checkpoints[4]["teacher.average"])
      let errors = average.indices.map { index in
        abs(Double(average[index]) - weights[2...].reduce(0) { $0 + Double($1[index]) } / 3)
      }
      let (worst, largest) = (errors.max() ?? .nan, average.map(abs).max() ?? .nan)
      #expect(worst <= 1e-6 * Double(largest))
      #expect(checkpoints[1]["teacher.average"] == weights[1], "a copy until it starts")

      let model = try ModelCatalog.make(
        "mlp", options: ["hidden1": 6, "hidden2": 0],
        for: .image(ImageSize(height: 28, width: 28, channels: 1)), classes: 10)
      let store = ParameterStore(model, name: "teacher")
      let kept = try store.imported(
        Safetensors.read(home + "/out/teacher/model.safetensors").weights())
      #expect(kept.parameters == average && kept.parameters != weights[4])
      #expect(tested == [result.trained.accuracy])
      let session = Session(CPUBackend())
      try store.write(kept, to: session)
      let pictures = try FashionMNIST.load(directory: home + "/pictures").test
      let logits = try Inference(session, store, pipeline: ImagePipeline(pictures.size))
        .outputs(pictures)[0]
      let metrics = ClassificationMetrics(logits: logits, labels: pictures.labels, classes: 10)
      #expect(result.trained.nll == metrics.nll)
    }
  }

  @Test func aMeanAfterTheLastEpochIsRefused() throws {
    try SmallPictures.withFolder { home in
      let late = recipe.replacingOccurrences(of: "PICTURES", with: home + "/pictures")
        .replacingOccurrences(of: "steps: 5", with: "epochs: 1")
        .replacingOccurrences(of: "from: 2", with: "from: 90000")
      let runner = RecipeRunner(
        try Recipe.decode(yaml: late, path: "late"), on: CPUBackend(), into: home + "/out")
      let error = try #require(throws: RunError.self) { try runner.run() }
      guard case .lateAverage("averaged", from: 90000, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect("\(error)".hasSuffix("let the mean begin earlier, or train longer"))
      #expect(!FileManager.default.fileExists(atPath: home + "/out"))
    }
  }
}
