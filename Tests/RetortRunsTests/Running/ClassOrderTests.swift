import RetortCPU
import RetortData
import RetortFormats
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Models that number the classes of the data in an order of their own.
@Suite struct ClassOrderTests {
  private func recipe(_ lines: String, in home: String) throws -> Recipe {
    try Recipe.decode(
      yaml: """
        version: 1
        name: order
        data: {name: fashion-mnist, directory: \(home)/pictures}
        train: {steps: 6, batch: 10}
        \(lines)
        """, path: home + "/order.yaml")
  }

  /// Trains a teacher, and writes the same beside it with its classes in reverse.
  private func writeTeachers(in home: String) throws {
    let teacher = try recipe("teacher: {model: mlp, hidden1: 6, hidden2: 0}", in: home)
    _ = try RecipeRunner(teacher, on: CPUBackend(), into: home + "/run").run()
    let stored = try Safetensors.read(home + "/run/teacher/model.safetensors")
    let weights = try stored.names.map { name in
      let tensor = try stored.tensor(name)
      guard name.hasPrefix("fc2") else { return (name, tensor) }
      let floats = try stored.floats(name)
      let width = floats.count / 10
      let reversed = (0..<10).reversed().flatMap { floats[$0 * width..<($0 + 1) * width] }
      return (name, HostTensor(shape: tensor.shape, floats: reversed))
    }
    try AtomicFile.makeDirectories(home + "/reversed")
    try Safetensors(tensors: Dictionary(uniqueKeysWithValues: weights))
      .write(to: home + "/reversed/model.safetensors")
    let path = home + "/run/teacher/config.json"
    let config = try JSONValue.read(path, limit: 1 << 20)
    let names = try #require(config["classNames"]?.array)
    let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
    let list = JSONValue.array(names).text
    #expect(text.contains(list), "\(text)")
    try AtomicFile.write(
      Array(text.replacing(list, with: JSONValue.array(names.reversed()).text).utf8),
      to: home + "/reversed/config.json")
  }

  @Test func ordersAreCompared() {
    let names = ["cat", "dog", "owl"]
    #expect(ClassOrder(of: names, beside: names) == .same)
    #expect(ClassOrder(of: ["0", "1", "2"], beside: names) == .same)
    #expect(ClassOrder(of: names, beside: ["0", "1", "2"]) == .same)
    #expect(ClassOrder(of: ["owl", "cat", "dog"], beside: names) == .other)
    #expect(ClassOrder(of: ["owl", "cat", "fox"], beside: names) == .otherNames)
    // Names need not be unlike each other, as those of ImageNet are not.
    #expect(ClassOrder(of: ["cat", "cat", "owl"], beside: ["owl", "cat", "cat"]) == .otherNames)
  }

  /// A model is measured by its own numbers of the classes, and said so.
  @Test func aModelIsMeasuredByItsOwnNumbers() throws {
    try SmallPictures.withFolder { home in
      try writeTeachers(in: home)
      let spec = try recipe("student: {model: mlp}", in: home).stages[0].data
      var notes: [String] = []
      func accuracy(_ folder: String) throws -> (Double?, [Int32]) {
        let found = try StoredModel(home + folder).evaluate(on: spec, with: CPUBackend()) {
          if case .dataNoted(let note) = $0 { notes.append(note) }
        }
        return (found.score.nll, try #require(found.metrics.classification).predictions)
      }
      let (plain, predictions) = try accuracy("/run")
      #expect(notes.isEmpty)
      let (reversed, others) = try accuracy("/reversed")
      #expect(notes == ["the classes have the model's order, which is not that of the data"])
      #expect(abs(try #require(plain) - #require(reversed)) < 1e-5)
      #expect(others == predictions.map { 9 - $0 })
    }
  }

  /// A student takes its teacher's numbers, and two teachers of different numbers are refused.
  @Test func aStudentNumbersClassesAsItsTeacherDoes() throws {
    try SmallPictures.withFolder { home in
      try writeTeachers(in: home)
      func run(_ teachers: String) throws -> StageResult {
        try RecipeRunner(
          recipe(
            teachers
              + "\nstudent: {model: mlp, hidden1: 4, hidden2: 0}\nlosses: [cross-entropy, kd]",
            in: home), on: CPUBackend(), into: home + "/\(teachers.count)"
        ).run()[0]
      }
      let model = "{model: mlp, hidden1: 6, hidden2: 0, weights: "
      let (plain, reversed) = (
        "teacher: \(model)\(home)/run/teacher/model.safetensors}",
        "teacher: \(model)\(home)/reversed/model.safetensors}"
      )
      let (first, second) = (try run(plain), try run(reversed))
      #expect(abs(try #require(first.teacher?.nll) - #require(second.teacher?.nll)) < 1e-5)
      let student = try StoredModel("\(home)/\(reversed.count)")
      #expect(student.classNames == FashionMNIST.classNames.reversed())
      #expect(student.classNames.count == 10)

      let error = #expect(throws: RunError.self) {
        _ = try run(
          "teachers:\n  - \(plain.dropFirst(9).replacing("{model", with: "{name: a, model"))\n  - "
            + "\(reversed.dropFirst(9).replacing("{model", with: "{name: b, model"))")
      }
      #expect(
        error?.description.contains(
          "teacher 'a' and teacher 'b' have the same classes in different orders") == true)
    }
  }

  /// Whole numbers in a table are in order of their values, as PyTorch's models number them.
  @Test func numbersInTablesAreOrderedByValue() throws {
    try SmallTexts.withFolder { home in
      let lines = (0..<12).map { "text of \($0)\t\($0)\n" }.joined()
      try AtomicFile.write(Array(lines.utf8), to: home + "/train.tsv")
      var texts = LabelledTextFiles()
      (texts.training, texts.test) = (home + "/train.tsv", home + "/train.tsv")
      texts.encoding.vocabulary = home + "/vocab.txt"
      #expect(try texts.load().training.classNames == (0..<12).map { "\($0)" })
    }
  }
}
