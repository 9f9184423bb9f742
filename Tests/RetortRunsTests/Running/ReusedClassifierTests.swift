import RetortCPU
import RetortFormats
import RetortRecipes
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Students that take over their teacher's classifier: SimKD.
@Suite struct ReusedClassifierTests {
  private func recipe(_ stages: String, in home: String) throws -> Recipe {
    try Recipe.decode(
      yaml: """
        version: 1
        name: simkd
        data: {name: fashion-mnist, directory: \(home)/pictures}
        optimizer: adam
        train: {steps: 2, batch: 8}
        stages:
          - {name: teacher, teacher: {model: resnet8, width: 4}, losses: [cross-entropy]}
        \(stages)
        """, path: home + "/simkd.yaml")
  }

  /// The layer stays the teacher's, in the stage that takes it over, in one that goes on, and in a file.
  @Test func theTeachersClassifierStaysAsItIs() throws {
    try SmallPictures.withFolder { home in
      let out = home + "/out"
      let hint = "losses: [{kind: hint, taps: [{student: fc.projector, teacher: layer3}]}]"
      let results = try RecipeRunner(
        recipe(
          """
            - {name: distil, teacher: {from: teacher}, student: {model: resnet8, width: 2, projector: 16}, \(hint)}
            - {name: more, teacher: {from: teacher}, student: {from: distil}, \(hint)}
          """, in: home), on: CPUBackend(), into: out
      ).run()
      func weights(_ stage: String, _ role: String) throws -> Safetensors {
        try Safetensors.read("\(out)/stages/\(stage)/\(role)/model.safetensors")
      }
      let teacher = try weights("teacher", "teacher")
      let (first, second) = (try weights("distil", "student"), try weights("more", "student"))
      for name in ["fc.weight", "fc.bias"] {
        #expect(try first.floats(name) == teacher.floats(name))
        #expect(try second.floats(name) == teacher.floats(name))
      }
      #expect(try first.floats("fc.projector.0.weight") != second.floats("fc.projector.0.weight"))
      let file = try RecipeRunner(
        recipe(
          """
            - name: file
              teacher: {model: resnet8, width: 2, projector: 16, weights: out/stages/more/student, expected-accuracy: 0}
              student: {model: lenet5-small}
          """, in: home), on: CPUBackend(), into: home + "/file"
      ).run()
      #expect(file[1].teacher?.accuracy == results[2].trained.accuracy)
    }
  }

  @Test(
    arguments: [
      (
        "teacher: {from: teacher}, student: {model: resnet8, projector: 15}",
        "the classifier of teacher 'resnet8' reads 16 features. Set 'projector: 16'."
      ),
      (
        "teacher: {model: resnet8, width: 4, projector: 16}",
        "with 'projector' a student takes over the classifier of its one teacher, and stage 'a' has no teacher. Give it one, or take 'projector' away."
      ),
      (
        "student: {model: resnet8, projector: 16}, losses: [cross-entropy]",
        "with 'projector' a student takes over the classifier of its one teacher, and stage 'a' has no teacher. Give it one, or take 'projector' away."
      ),
      (
        "teacher: {from: teacher}, student: {model: lenet5, projector: 16}",
        "model 'lenet5': 'projector' is of a network whose last layer reads the means of a map, such as resnet8; this one's does not"
      ),
      (
        "teacher: {from: teacher}, student: {model: resnet8, projector: 16, cosine: 1}",
        "model 'resnet8': 'cosine' and 'projector' are of one last layer; give one of both"
      ),
    ]) func whatCannotTakeItIsRefused(_ stage: String, _ message: String) throws
  {
    try SmallPictures.withFolder { home in
      let errors = try #require(throws: RecipeErrors.self) {
        try recipe("  - {name: a, \(stage)}", in: home)
      }
      #expect(errors.faults.map(\.description).contains { $0.contains(message) }, "\(errors)")
    }
  }

  @Test func whatDoesNotLearnIsNotNormalized() throws {
    try SmallPictures.withFolder { home in
      let fixed = try recipe(
        """
          - name: a
            teacher: {from: teacher}
            student: {model: resnet8, projector: 16}
            train: {steps: 1, tau-normalize: 1}
        """, in: home)
      #expect(throws: RunError.noLinearClassifier(stage: "a", model: "resnet8")) {
        try RecipeRunner(fixed, on: CPUBackend(), into: home + "/out").run()
      }
    }
  }
}
