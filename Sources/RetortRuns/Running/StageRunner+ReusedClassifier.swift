import RetortNN
import RetortRecipes

extension StageRunner {
  /// Gives a student the weights of its one teacher's last layer, which stay as they are.
  ///
  /// Source: [Chen et al. 2022](https://arxiv.org/abs/2203.14001), section 3.1 (SimKD).
  ///
  /// - Throws: `RunError.noClassifierToTake` where there is no teacher with such a layer, `WeightError` where it reads
  ///   something else, or the device's errors.
  func takeClassifier(_ student: StageModel) throws {
    guard teachers.count == 1, let teacher = teachers.first?.model,
      let own = student.store.classifier(of: classes),
      let other = teacher.store.classifier(of: classes), let bias = other.bias
    else { throw RunError.noClassifierToTake(stage: stage.name, model: student.spec.usualName) }
    let paths = [other.weight.path: own.weight.path, bias.path: own.bias?.path]
    let taken = try teacher.weights(in: session).compactMap { found in
      paths[found.name].flatMap { $0 }.map {
        NamedWeights(name: $0, shape: found.shape, values: found.values)
      }
    }
    let names = Set(taken.map(\.name))
    let store = student.store
    let kept = store.exported(try store.weights(in: session)).filter { !names.contains($0.name) }
    try store.write(store.imported(kept + taken), to: session)
  }
}
