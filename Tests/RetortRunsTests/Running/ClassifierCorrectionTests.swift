import Glibc
import RetortCPU
import RetortFormats
import RetortRecipes
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Classifiers that are made up for classes of unequal sizes after training.
@Suite struct ClassifierCorrectionTests {
  private func recipe(_ train: String, _ model: String = "lenet5-small", in home: String) throws
    -> Recipe
  {
    try Recipe.decode(
      yaml: """
        version: 1
        name: tau
        data: {name: fashion-mnist, directory: \(home)/pictures, validation: 10}
        student: {model: \(model)}
        optimizer: {kind: adam, average: {decay: 0.5}}
        train: {steps: 4, batch: 8, evaluate-every: 1, \(train)}
        """, path: home + "/tau.yaml")
  }

  /// Lengths to the power 1 − τ, without biases, and no other weight is changed; that is what is measured, whichever
  /// state is kept.
  @Test(arguments: [(1.0, "last"), (0.5, "last"), (1.0, "best")])
  func rowsAreDividedByTheirLengths(_ tau: Double, _ kept: String) throws {
    try SmallPictures.withFolder { home in
      func trained(_ train: String) throws -> (StageResult, Safetensors) {
        let out = "\(home)/out-\(train.count)"
        let results = try RecipeRunner(
          recipe("keep: \(kept)" + train, in: home), on: CPUBackend(), into: out
        ).run()
        return (results[0], try Safetensors.read(out + "/student/model.safetensors"))
      }
      let (plain, before) = try trained("")
      let (normalized, after) = try trained(", tau-normalize: \(tau)")
      let name = try #require(before.names.last { $0.hasSuffix(".weight") })
      let bias = name.replacing(".weight", with: ".bias")
      let (old, new) = (try before.floats(name), try after.floats(name))
      for row in 0..<10 {
        let places = row * old.count / 10..<(row + 1) * old.count / 10
        let length = old[places].reduce(0) { $0 + $1 * $1 }.squareRoot()
        let factor = Float(tau) == 1 ? length : length.squareRoot()
        for place in places { #expect(abs(new[place] * factor - old[place]) < 1e-6) }
      }
      #expect(try before.floats(bias).contains { $0 != 0 })
      #expect(try after.floats(bias).allSatisfy { $0 == 0 })
      for other in before.names where other != name && other != bias {
        #expect(try before.floats(other) == after.floats(other), "\(other)")
      }
      #expect(plain.trained.nll != normalized.trained.nll)
    }
  }

  /// Each bias loses the logarithm of its class's share, which is that of the loss of the same name, and no other weight
  /// is changed; a class without examples is told of.
  @Test func biasesLoseTheLogarithmsOfShares() throws {
    try SmallPictures.withFolder { home in
      func trained(_ data: String, _ train: String) throws -> Safetensors {
        let recipe = try Recipe.decode(
          yaml: """
            version: 1
            name: adjusted
            data: {name: fashion-mnist, directory: \(home)/pictures, \(data)}
            student: {model: lenet5-small}
            train: {steps: 4, batch: 8\(train)}
            """, path: home + "/adjusted.yaml")
        let out = "\(home)/out-\(data.count)-\(train.count)"
        _ = try RecipeRunner(recipe, on: CPUBackend(), into: out).run()
        return try Safetensors.read(out + "/student/model.safetensors")
      }
      let tail = "long-tail: {imbalance: 3}"
      let (before, after) = (try trained(tail, ""), try trained(tail, ", logit-adjust: 0.5"))
      let name = try #require(before.names.last { $0.hasSuffix(".bias") })
      for other in before.names where other != name {
        #expect(try before.floats(other) == after.floats(other), "\(other)")
      }
      let shifts = zip(try before.floats(name), try after.floats(name)).map { $1 - $0 }
      // Shares add up to 1, and the first class is the largest, three times the last.
      #expect(abs(shifts.reduce(0) { $0 + exp(-2 * $1) } - 1) < 1e-5)
      #expect(abs(shifts[9] - shifts[0] - 0.5 * log(3)) < 0.05, "\(shifts)")
    }
  }

  @Test func whatHasNoSuchLayerIsRefused() throws {
    try SmallPictures.withFolder { home in
      let cosines = try recipe("tau-normalize: 1", "lenet5-small, cosine: 1", in: home)
      #expect(throws: RunError.noLinearClassifier(stage: "tau", model: "lenet5-small")) {
        try RecipeRunner(cosines, on: CPUBackend(), into: home + "/out").run()
      }
      let error = #expect(throws: RecipeErrors.self) {
        try Recipe.decode(
          yaml: """
            version: 1
            name: a
            generator: {model: conv-vae}
            train: {steps: 1, tau-normalize: 1}
            """, path: "a.yaml")
      }
      #expect(
        error?.description.contains(
          "'tau-normalize' of stage 'a' needs a classifier that learns. Add it.") == true,
        "\(error?.description ?? "")")
    }
  }
}
