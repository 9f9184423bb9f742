import Foundation
import RetortCPU
import RetortDistillation
import RetortFormats
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// A path to a file, a model, a stage or a run leads to what was trained there.
@Suite struct ModelLocationTests {
  /// Two runs as `run` leaves them: one of several stages with variants, and one of a teacher alone.
  private func withRuns(_ body: (String) throws -> Void) throws {
    try SmallPictures.withFolder { home in
      let run = """
        version: 1
        name: run
        data: {name: fashion-mnist, directory: pictures}
        train: {steps: 1, batch: 10}
        stages:
          - {name: teach, teacher: {model: mlp, hidden1: 4, hidden2: 0}}
          - {name: vae, generator: {model: conv-vae, latent: 2, width: 1, hidden: 2}}
          - name: distil
            teacher: {from: teach}
            student: {model: mlp, hidden1: 3, hidden2: 0}
            variants: [{name: a}, {name: b, explore: {kind: pixel-noise}}]
        """
      let alone = """
        version: 1
        name: alone
        data: {name: fashion-mnist, directory: pictures}
        teacher: {model: mlp, hidden1: 4, hidden2: 0}
        train: {steps: 1, batch: 10}
        """
      for (name, text) in [("run", run), ("alone", alone)] {
        try AtomicFile.write(Array(text.utf8), to: "\(home)/\(name).yaml")
        _ = try RecipeRunner(
          Recipe.load("\(home)/\(name).yaml"), on: CPUBackend(), into: "\(home)/\(name)"
        ).run()
      }
      try body(home)
    }
  }

  @Test func everyPathLeadsToAModel() throws {
    try withRuns { home in
      let teacher = "run/stages/teach/teacher"
      let paths: [(path: String, role: Cast.Role?, model: String)] = [
        ("run", .teacher, teacher), ("run/", .teacher, teacher),
        ("run/stages/teach", .teacher, teacher), (teacher, .teacher, teacher),
        (teacher + "/model.safetensors", .teacher, teacher),
        ("run", .generator, "run/stages/vae/generator"), ("run", .student, "run/student"),
        ("run", nil, "run/student"), ("run/stages/distil/a", nil, "run/stages/distil/a/student"),
        // A student may teach, and a teacher learn on.
        ("run/stages/distil/b", .teacher, "run/stages/distil/b/student"),
        ("alone", .teacher, "alone/teacher"), ("alone", .student, "alone/teacher"),
        ("alone", nil, "alone/teacher"),
      ]
      for (path, role, model) in paths {
        let found = try ModelLocation.weights("\(home)/\(path)", for: role)
        #expect(found == "\(home)/\(model)/model.safetensors", "\(path)")
      }
      let distil = home + "/run/stages/distil"
      #expect(
        throws: ModelLocationError.several(distil, [distil + "/a/student", distil + "/b/student"])
      ) { try ModelLocation.weights(distil, for: .student) }
      #expect(throws: ModelLocationError.none(home + "/alone", role: "generator")) {
        try ModelLocation.weights(home + "/alone", for: .generator)
      }
      #expect(throws: ModelLocationError.none(home + "/pictures", role: nil)) {
        try ModelLocation.weights(home + "/pictures")
      }
    }
  }

  @Test func evaluationAndRecipesTakeEveryPath() throws {
    try withRuns { home in
      let data = try Recipe.load(home + "/alone.yaml").stages[0].data
      let own = try StoredModel(home + "/alone").evaluate(on: data, with: CPUBackend()).score
      for path in ["/alone/teacher", "/alone/teacher/model.safetensors", "/alone/"] {
        let found = try StoredModel(home + path).evaluate(on: data, with: CPUBackend()).score
        #expect(found == own)
      }
      #expect(try StoredModel(home + "/run", as: .teacher).spec.options["hidden1"] == 4)
      #expect(try StoredModel(home + "/run").spec.options["hidden1"] == 3)

      // A run that takes its teacher from another run's folder, from that folder's own recipe on.
      let taught = """
        version: 1
        name: taught
        data: {name: fashion-mnist, directory: pictures}
        teacher: {model: mlp, hidden1: 4, hidden2: 0, weights: run}
        student: {model: mlp, hidden1: 3, hidden2: 0}
        train: {steps: 1, batch: 10}
        """
      try AtomicFile.write(Array(taught.utf8), to: home + "/taught.yaml")
      let recipe = try Recipe.load(home + "/taught.yaml")
      let result = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/taught").run()[0]
      #expect(result.teacher?.parameters == own.parameters)
      // It is not begun again, and its weights are known to be the same.
      let again = try RecipeRunner(
        Recipe.load(home + "/taught/recipe.yaml"), on: CPUBackend(), into: home + "/taught",
        isResumed: true
      ).run()[0]
      #expect(again == result)
    }
  }

  @Test func weightsOfAnotherModelAreRefused() throws {
    try withRuns { home in
      let data = "data: {name: fashion-mnist, directory: \(home)/pictures}"
      func run(_ teacher: String) throws {
        let recipe = try Recipe.decode(
          yaml: """
            version: 1
            name: wrong
            \(data)
            teacher: {\(teacher), weights: \(home)/alone}
            student: {model: mlp, hidden1: 3, hidden2: 0}
            train: {steps: 1, batch: 10}
            """, path: "wrong.yaml")
        _ = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run()
      }
      let error = #expect(throws: RunError.self) { try run("model: mlp, hidden1: 5, hidden2: 0") }
      #expect(
        error?.description
          == "stage 'wrong': the weights in \(home)/alone/teacher/model.safetensors "
          + "are of a model with 'hidden1: 4', and the recipe's teacher has 'hidden1: 5'; make them "
          + "alike")
      #expect(throws: RunError.self) { try run("model: lenet5") }
    }
  }

  @Test func runsAreFoundFromWithin() throws {
    try withRuns { home in
      let run = home + "/run"
      for (path, stage) in [
        (run, nil), (run + "/", nil), (run + "/stages/distil", "distil"),
        (run + "/stages/distil/b/", "distil/b"),
        (run + "/stages/distil/b/student/model.safetensors", "distil/b"), (run + "/student", nil),
      ] {
        let found = try #require(try RunLocation(path), "\(path)")
        #expect(found.folder == run && found.stage == stage, "\(path)")
      }
      for path in [run + ".yaml", home + "/pictures", home + "/none", "fashion-demo"] {
        #expect(try RunLocation(path) == nil, "\(path)")
      }
      let recipe = try Recipe.load(run + "/recipe.yaml")
      for stage in [nil, "distil", "distil/b"] {
        let found = try RecipeRunner.explore(
          recipe, on: CPUBackend(), run: run, stage: stage, parents: 8, shown: 2)
        #expect(found.stage == "distil/b")
      }
    }
  }

  @Test func configurationsThatContradictThemselvesAreRefused() throws {
    try withRuns { home in
      let path = home + "/alone/teacher/config.json"
      let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
      let names = String(try #require(text.firstMatch(of: #/\["T-shirt[^\]]*\]/#)).0)
      let options = String(try #require(text.firstMatch(of: #/"options":{[^}]*}/#)).0)
      for (old, new, complaint) in [
        ("\"Sandal\",", "", "classNames: must be 10 names, as 'classes' says, is 9"),
        ("\"Sandal\"", "7", "classNames: must be an array of names, is an array"),
        (names, "{}", "classNames: must be an array of names, is an object"),
        ("[28,28,1]", "[28,28]", "image: must be height, width and channels, is [28,28]"),
        ("[28,28,1]", "[28,28,1,\"a\"]", "image: must be height, width and channels"),
        (options, "\"options\":[]", "options: must be an object, is an array"),
        ("\"options\"", "\"optoins\"", "unknown key 'optoins', the nearest is 'options'"),
      ] {
        try #require(text.contains(old), "\(text)")
        let damaged = text.replacingOccurrences(of: old, with: new)
        try AtomicFile.write(Array(damaged.utf8), to: path)
        let error = #expect(throws: FormatError.self) { try StoredModel(home + "/alone") }
        #expect(error?.description.contains(complaint) == true, "\(error!)")
      }
      unlink(path)
      #expect(
        throws: ModelLocationError.noConfiguration(home + "/alone/teacher/model.safetensors")
      ) { try StoredModel(home + "/alone") }
    }
  }
}
