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
        node(of: part.role, part.place, reader)?.place ?? reader.node.place,
        .rule(
          "model '\(spec.usualName)' gives \(found.rawValue), but dataset '\(data.name)' \(way)"))
    }
    if wanted == .vectors, stage.teachers.count > 1, stage.combine == .probabilities,
      stage.combinesTeachers
    {
      faults.add(
        reader.place("teachers"),
        .rule("vectors are no probabilities; say 'combine: logits' for the mean of vectors"))
    }
  }

  /// Notes a fault at a loss that is of other outputs than the stage's models give.
  func checkOutputs(_ loss: NamedLoss, _ stage: StageSpec, at place: RecipeFault.Place) {
    let wanted = stage.data.source.outputs
    guard let found = type(of: loss.loss).outputs, found != wanted else { return }
    let others = LossCatalog.all.entries.filter { type(of: $0.standard).outputs == wanted }
      .map { "'\($0.name)'" }
    faults.add(
      place,
      .rule(
        "loss '\(loss.kind)' is of \(found.rawValue), but models of dataset '\(stage.data.name)' give "
          + "\(wanted.rawValue); take \(others.listed("or"))"))
  }
}
