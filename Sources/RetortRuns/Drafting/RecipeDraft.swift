import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes
import RetortSchema

/// A recipe drafted from a teacher and data, with what was assumed.
public struct RecipeDraft: Sendable {
  /// The recipe as commented YAML of at most 25 lines.
  public let text: String
  /// The recipe itself, checked.
  public let recipe: Recipe
  /// What was found and assumed, a line each.
  public let findings: [String]

  /// Looks at teacher and data, and drafts a recipe.
  ///
  /// A teacher from an ONNX file that does not say how its pictures were normalised is tried on some labelled
  /// training pictures. The test set is not looked at.
  ///
  /// - Parameters:
  ///   - request: The teacher, the student and the data.
  ///   - command: The command line, for the recipe's first line.
  ///   - backend: The device for trying the teacher.
  /// - Throws: `DistilError`, `DataError`, `ModelError`, `RecipeErrors` for a student that does not fit, and
  ///   the errors of reading the teacher.
  public init(
    _ request: DistilRequest, command: String, with backend: any Backend
  ) throws {
    let teacher = try StoredModel(
      request.teacher, as: .teacher, reading: DraftedData.usualExamples(of: request))
    let source = try DraftedData.entries(of: request, for: teacher)
    var page = try DraftedPage(request, teacher, data: source)
    let draft = try page.decoded()
    var data = try StageData(draft.stages[0].data, seed: draft.seed)
    guard data.training.isLabelled else { throw DataError.unlabelled(request.data) }
    try Self.check(teacher, against: data.training, request)
    data.takeOrder(of: teacher.classNames, of: "teacher")
    let all = data.training

    var findings = [
      "teacher: \(request.teacher) takes \(page.examples.description) and tells \(teacher.classes) "
        + "classes apart"
    ]
    if teacher.spec.isImported, case .image(let size) = page.examples {
      let search = try NormalizationSearch(of: teacher, on: all, size, with: backend)
      page.normalization = search.trials[0].normalization
      findings.append(search.finding)
    }
    try page.choose(labels: request.labels.count(of: all.count), of: all)
    findings += page.findings
    self.findings = findings
    text = page.text(command: command)
    recipe = try page.decoded(text)
  }

  /// Makes sure that teacher and data have the same classes.
  private static func check(
    _ teacher: StoredModel, against all: any Dataset, _ request: DistilRequest
  ) throws(DistilError) {
    guard teacher.classes == all.classCount else {
      throw .otherClasses(
        teacher: request.teacher, count: teacher.classes, data: request.data,
        names: all.classNames)
    }
    guard ClassOrder(of: teacher.classNames, beside: all.classNames) != .otherNames else {
      throw .otherNames(
        teacher: request.teacher, names: teacher.classNames, data: request.data,
        dataNames: all.classNames)
    }
  }
}

extension NormalizationSearch {
  /// The result in one line.
  fileprivate var finding: String {
    func percent(_ trial: Trial) -> String { "\((1000 * trial.accuracy).rounded() / 10) %" }
    let others = trials.dropFirst().map { "\($0.name) \(percent($0))" }.joined(separator: ", ")
    return
      "normalisation: \(trials[0].name); the teacher is then right about \(percent(trials[0])) of "
      + "\(count) training pictures (\(others))"
  }
}
