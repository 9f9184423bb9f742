import RetortModels
import RetortNN
import RetortSchema

extension ModuleCheck {
  /// Notes a fault at each model that is to take over a classifier which there is not, or which reads something else.
  func checkClassifiers(_ stage: StageSpec, _ reader: MapReader) {
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
      guard let teacher = store(teacher.spec) else { continue }
      guard let layer = teacher.model.classifier(of: classes), layer.bias != nil else {
        faults.add(
          place,
          .rule(
            "'\(name)' takes over a linear layer with a bias, which teacher '\(teacher.name)' does not "
              + "end in. Take a model of the catalog as teacher, without 'cosine'."))
        continue
      }
      let width = layer.weight.shape[1]
      guard width != Int(trainee.spec.options[name] ?? 0) else { continue }
      faults.add(
        place,
        .rule(
          "the classifier of teacher '\(teacher.name)' reads \(width) features. Set '\(name): \(width)'."
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
