import RetortCPU
import RetortFormats
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Runs with several teachers.
@Suite struct EnsembleRunTests {
  private func run(_ distil: String, in home: String, to folder: String) throws -> [StageResult] {
    let recipe = try Recipe.decode(
      yaml: """
        version: 1
        name: two
        data: {name: fashion-mnist, directory: \(home)/pictures}
        train: {steps: 4, batch: 10}
        stages:
          - {name: a, teacher: {model: mlp, hidden1: 6, hidden2: 0}}
          - {name: b, teacher: {model: mlp, hidden1: 7, hidden2: 0}}
          - name: c
            student: {model: mlp, hidden1: 5, hidden2: 0}
            \(distil)
        """, path: "two")
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "again")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    return try RecipeRunner(recipe, on: CPUBackend(), into: "\(home)/\(folder)").run()
  }

  @Test func twoTeachersTeachAsOne() throws {
    try SmallPictures.withFolder { home in
      let results = try run(
        """
        teachers: [{name: x, from: a, weight: 2}, {name: y, from: b}]
            combine: logits
            losses: [kd, {kind: hint, taps: [{student: fc1, teacher: y.fc1}]}]
        """, in: home, to: "out")
      let (a, b, c) = (results[0], results[1], results[2])
      #expect(c.teacher?.parameters == a.trained.parameters + b.trained.parameters)
      #expect(c.teacher?.accuracy != nil && c.agreement != nil)
      #expect(c.teachers.map(\.name) == ["x", "y"])
      #expect(c.teachers.map(\.score) == [a.trained, b.trained])
      #expect(c.trained.parameters == 784 * 5 + 5 + 5 * 10 + 10, "without the adapter")
      #expect(Set(c.losses.keys) == ["loss", "kd", "hint"])
      // All of x's logits are looked up; y is asked for its features in each step.
      #expect(c.teacherEvaluations == 60 + 4 * 10)
      let path = home + "/out/result.json"
      let json = try JSONValue.read(path, limit: 1 << 20)
      try JSONShape.result.check(json, path: path)
      #expect(json["teachers"]?["y"]?["accuracy"]?.double == b.trained.accuracy)
      let page = String(decoding: try FileBytes.read(home + "/out/report.html"), as: UTF8.self)
      #expect(page.contains("teachers by name") && page.contains("all as one"))
      // What several teachers' files hold is told apart as what one model's file holds is.
      let weights = home + "/out/stages/a/teacher/model.safetensors"
      let stored = try Recipe.decode(
        yaml: """
          version: 1
          name: stored
          student: mlp
          teachers: [{name: a, model: mlp, hidden1: 6, hidden2: 0, weights: \(weights)}]
          """, path: "stored")
      try WeightDigests(of: stored).write(to: .init(home + "/out"))
      #expect(try WeightDigests(of: stored).changed(since: .init(home + "/out")) == nil)
    }
  }

  /// A random teacher for each batch, and layers of both that vote: broken off and resumed it ends with the same bits.
  @Test func aDrawnTeacherIsTheSameAfterAResume() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: drawn
          data: {name: fashion-mnist, directory: \(home)/pictures}
          train: {steps: 6, batch: 10}
          checkpoints: {steps: 1}
          stages:
            - {name: a, teacher: {model: mlp, hidden1: 6, hidden2: 0}}
            - {name: b, teacher: {model: mlp, hidden1: 7, hidden2: 0}}
            - name: c
              student: {model: mlp, hidden1: 5, hidden2: 0}
              teachers: [{name: x, from: a}, {name: y, from: b}]
              combine: random
              losses:
                - kd
                - {kind: dissimilarity, taps: [{student: fc1, teacher: x.fc1}, {student: fc1, teacher: y.fc1}]}
          """, path: "drawn")
      let whole = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/whole").run()
      breakOff(recipe, into: home + "/broken", after: 3, of: "c")
      let resumed = try RecipeRunner(
        recipe, on: CPUBackend(), into: home + "/broken", isResumed: true
      ).run()
      let weights = try ["whole", "broken"].map {
        try FileBytes.read("\(home)/\($0)/stages/c/student/model.safetensors")
      }
      #expect(weights[0] == weights[1])
      #expect(resumed[2].losses == whole[2].losses)
      #expect(Set(whole[2].losses.keys) == ["loss", "kd", "dissimilarity"])
      #expect(whole[2].teacher?.accuracy != nil, "as one they are measured by their mean")
    }
  }

  /// A student that every loss sends to one of two teachers learns what it learns from that one alone.
  @Test func aTeacherCanBeAskedByItsName() throws {
    try SmallPictures.withFolder { home in
      func hint(_ teacher: String) -> String {
        "{kind: hint, taps: [{student: fc1, teacher: \(teacher)}]}"
      }
      let named = try run(
        """
        teachers: [{name: x, from: a}, {name: y, from: b}]
            losses:
              - {kind: kd, teacher: y}
              - {kind: hint, teacher: y, taps: [{student: fc1, teacher: fc1}]}
              - {kind: logits, teacher: x, weight: 0}
        """, in: home, to: "named")[2]
      #expect(named.teacher == nil && named.agreement == nil && named.teachers.count == 2)
      #expect(named.teacherEvaluations == 60 + 4 * 10)
      let alone = try run(
        """
        teachers: [{name: y, from: b, weight: 3}]
            losses: [kd, \(hint("y.fc1"))]
        """, in: home, to: "alone")[2]
      let short = try run(
        """
        teacher: {from: b}
            losses: [kd, \(hint("fc1"))]
        """, in: home, to: "short")[2]
      #expect(short.losses == alone.losses && short.teacher == alone.teacher)
      #expect(short.losses["kd"] == named.losses["kd"])
      #expect(short.losses["hint"] == named.losses["hint"])
      #expect(short.teachers.isEmpty && alone.teachers.map(\.score) == [short.teacher])
    }
  }
}
