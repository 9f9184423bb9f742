import RetortModels
import RetortNN
import RetortSchema

/// Checks that the classifiers are there which students take over from their teachers.
struct ClassifierCheck {
  let faults: FaultList
  /// The stages before, whose models `from` names.
  let earlier: [StageSpec]
  /// What the stage's examples are.
  let examples: ExampleSpec
  /// The number of their classes.
  let classes: Int

  /// Notes a fault at each model that is to take over a classifier which there is not, or which reads something else.
  func check(_ stage: StageSpec, _ reader: MapReader) {
    let name = ModelEntry.projector.name
    for (index, trainee) in stage.trainees.enumerated() where trainee.spec.takesClassifier {
      let node = StageDecoder.node(of: trainee.role, index, reader)
      let place = (node?[name] ?? node ?? reader.node).place
      guard trainee.role == .student, let teacher = stage.teachers.first, stage.teachers.count == 1
      else {
        let found = trainee.role == .student && stage.teachers.count > 1 ? "several" : "no teacher"
        faults.add(
          place,
          .rule(
            "with '\(name)' a student takes over the classifier of its one teacher, and stage "
              + "'\(stage.name)' has \(found). Give it one, or take '\(name)' away."))
        continue
      }
      guard let spec = earlier.resolved(teacher.spec, as: .teacher),
        let model = try? spec.make(for: examples, classes: classes)
      else { continue }
      guard let layer = model.classifier(of: classes), layer.bias != nil else {
        faults.add(
          place,
          .rule(
            "'\(name)' takes over a linear layer with a bias, which teacher '\(spec.usualName)' does not "
              + "end in. Take a model of the catalog as teacher, without 'cosine'."))
        continue
      }
      let width = layer.weight.shape[1]
      guard width != Int(trainee.spec.options[name] ?? 0) else { continue }
      faults.add(
        place,
        .rule(
          "the classifier of teacher '\(spec.usualName)' reads \(width) features. Set '\(name): \(width)'."
        ))
    }
  }
}

extension ModelSpec {
  /// Whether the model's last layer is to be its teacher's, and no weights say what that is.
  package var takesClassifier: Bool {
    source == .untrained && options[ModelEntry.projector.name] ?? 0 > 0
  }
}
