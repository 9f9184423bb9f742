import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortRecipes
import RetortTraining

extension StageRunner {
  /// The teacher, or the ensemble of listed teachers; nil if there is none.
  var labeler: (any Labeler)? { asOne(teachers.map(\.model.store)) }

  /// One labeler of those that stand for the teachers, in their order; nil if there is none.
  func asOne(_ labelers: [any Labeler]) -> (any Labeler)? {
    guard stage.namesTeachers else { return labelers.first }
    let members = zip(teachers, labelers).map {
      Ensemble.Member($0.teacher.name, $1, weight: $0.teacher.weight)
    }
    return Ensemble(members, mean: stage.combine)
  }

  /// The logits, or vectors, of the teachers' mean for examples, flat.
  func combinedLogits(of examples: any Dataset) throws -> [Float] {
    guard let labeler else { return [] }
    return try Inference(session, name: "teachers", pipeline: data.examples.pipeline()) {
      graph, example in
      [labeler.logits(of: example, indices: nil, in: graph)]
    }.outputs(examples)[0]
  }

  /// A model's score and metrics on the test set.
  typealias Evaluation = (score: StageResult.Score, metrics: TestMetrics?)

  /// The scores of listed teachers, and of the teacher or the teachers' mean; the latter is nil if unused.
  typealias TeacherScores = (each: [StageResult.Teacher], asOne: Evaluation?)

  /// The scores of the teachers, measured before training; costs alone of one that tells other classes apart.
  ///
  /// - Throws: `RunError.weakTeacher` for a teacher below its expected accuracy, or the errors of inference.
  func teacherScores() throws -> TeacherScores {
    var found: [Evaluation] = []
    for (teacher, model) in teachers {
      guard teacher.spec.classes == nil else {
        found.append((try score(model, nil), nil))
        continue
      }
      let score = try self.score(of: model, from: teacher.spec.source)
      let (title, key) =
        stage.namesTeachers
        ? ("teacher \(teacher.name)", "teachers.\(teacher.name)") : ("teacher", "teacher")
      let accuracy = score.score.accuracy ?? 0
      parent.report(.teacherChecked(title, accuracy: accuracy))
      if let expected = teacher.spec.expectedAccuracy, accuracy < expected {
        throw RunError.weakTeacher(
          stage: stage.name, teacher: title, key: key, accuracy: accuracy, expected: expected)
      }
      found.append(score)
    }
    guard stage.namesTeachers else { return ([], found.first) }
    let each = zip(teachers, found).map {
      StageResult.Teacher(name: $0.teacher.name, score: $1.score)
    }
    guard stage.measuresMean else { return (each, nil) }
    guard found.count > 1 else { return (each, found.first) }
    let metrics = try TestMetrics(
      data.outputs, try named("test") { try combinedLogits(of: data.test) }, of: data.test,
      in: session)
    parent.report(.teacherChecked("mean of the teachers", accuracy: metrics.accuracy))
    let score = StageResult.Score(
      metrics, parameters: found.reduce(0) { $0 + $1.score.parameters },
      macs: found.reduce(0) { $0 + $1.score.macs })
    return (each, (score, metrics))
  }

  /// The score of a teacher; a model of an earlier stage is measured once in a run.
  private func score(
    of model: StageModel, from source: ModelSpec.Source
  ) throws -> Evaluation {
    var key: String?
    if case .stage(let name, let learner) = source { key = "\(name)/\(learner ?? "")" }
    if let known = key.flatMap({ parent.teacherScores[$0] }) { return known }
    let metrics = try metrics(model, on: data.test, split: "test")
    let found: Evaluation = (try score(model, metrics), metrics)
    if let key { parent.teacherScores[key] = found }
    return found
  }
}
