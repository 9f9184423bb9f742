import RetortDistillation
import RetortNN
import RetortSchema

extension StageDecoder {
  /// Notes a fault at each model that gives something else than models of the stage's data, and at a mean of
  /// teachers that vectors have not.
  func checkOutputs(_ stage: StageSpec, _ reader: MapReader) {
    let data = stage.data
    let wanted = data.source.outputs
    for part in stage.models {
      guard let spec = stages.resolved(part.spec, as: part.role),
        let found = (try? spec.builder())?.role.outputs, found != wanted
      else { continue }
      let way =
        wanted == .vectors
        ? "has pairs of texts; take a model that gives vectors, such as sentence-bert"
        : "has classes; take a classifier, or pairs of texts"
      faults.add(
        Self.node(of: part.role, part.place, reader)?.place ?? reader.node.place,
        .rule(
          "model '\(spec.usualName)' gives \(found.rawValue), but dataset '\(data.name)' \(way)"))
    }
    if wanted == .vectors, stage.cacheFormat == .topClasses {
      faults.add(
        reader.place("cache-format"),
        .rule("vectors have no likeliest classes; say 'cache-format: float16' or float32"))
    }
    guard stage.teachers.count > 1, stage.combinesTeachers else { return }
    if stage.combine.needsLabels, stage.explore != nil || !data.source.isLabelled {
      faults.add(
        reader.place("combine"),
        .rule(
          "'combine: \(stage.combine.rawValue)' weighs teachers by labels, which "
            + (stage.explore == nil ? "the examples" : "examples that 'explore' finds")
            + " have not; take 'entropy', which needs none"))
    }
    if wanted == .vectors, stage.combine != .logits {
      faults.add(
        reader.place("teachers"),
        .rule("vectors are no probabilities; say 'combine: logits' for the mean of vectors"))
    }
  }

  /// Notes a fault at each teacher with classes of its own whose outputs are used, not its features alone.
  func checkClasses(_ stage: StageSpec, _ reader: MapReader) {
    for (place, teacher) in stage.teachers.enumerated() {
      guard let classes = teacher.spec.classes else { continue }
      let node = Self.node(of: .teacher, place, reader)
      guard let use = outputUse(of: teacher, stage) else { continue }
      faults.add(
        node?[ModelSpec.classesInfo.name]?.place ?? reader.node.place,
        .rule(
          "teacher '\(teacher.name)' tells \(classes) classes of its own apart, which \(use). Compare features "
            + "alone, such as by the loss hint, or take '\(ModelSpec.classesInfo.name)' away where they are the data's."
        ))
    }
  }

  /// What uses the outputs of a teacher, as the end of a sentence; nil if its features alone are used.
  private func outputUse(of teacher: StageSpec.Teacher, _ stage: StageSpec) -> String? {
    if stage.data.source.outputs == .vectors { return "models of vectors have not" }
    if stage.namesTeachers, stage.combinesTeachers { return "have no mean with those of others" }
    if stage.explore != nil { return "'explore' cannot compare with the student's" }
    let loss = stage.losses.first {
      $0.loss.comparesOutputs && (!stage.namesTeachers || $0.teacher == teacher.name)
    }
    return loss.map { "loss '\($0.name)' cannot compare with the student's" }
  }

  /// Notes a fault at a loss that is of other outputs than the stage's models give.
  func checkOutputs(_ loss: NamedLoss, _ stage: StageSpec, at place: RecipeFault.Place) {
    let wanted = stage.data.source.outputs
    guard let found = type(of: loss.loss).outputs, found != wanted else { return }
    // The usual ones stand first.
    let others = LossCatalog.all.entries.filter { type(of: $0.standard).outputs == wanted }
      .prefix(2).map { "'\($0.name)'" }
    faults.add(
      place,
      .rule(
        "loss '\(loss.kind)' is of \(found.rawValue), but models of dataset '\(stage.data.name)' give "
          + "\(wanted.rawValue); take \(others.listed("or"))"))
  }
}
