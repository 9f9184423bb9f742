import Glibc
import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// Divides each class's weights by their length to the power that the recipe says, and takes biases away, in all that
  /// classify; nothing where the recipe says none.
  ///
  /// Classes of many examples have long weights, which is why they are found too often.
  ///
  /// Source: [Kang et al. 2020](https://arxiv.org/abs/1910.09217), section 4.1, equation 5.
  ///
  /// - Throws: The device's errors.
  func normalizeClassifiers(_ learners: [Learner]) throws {
    guard let tau = stage.train.tauNormalization else { return }
    for (pupil, learner) in zip(pupils, learners) where pupil.classifies {
      let store = pupil.model.store
      guard let layer = store.classifier(of: classes) else { continue }
      let weights = store.exported(try store.weights(in: session)).map { found in
        var found = found
        if found.name == layer.weight.path {
          let width = found.values.count / classes
          for row in 0..<classes {
            let places = row * width..<(row + 1) * width
            let length = sqrt(found.values[places].reduce(0) { $0 + Double($1) * Double($1) })
            guard length > 0 else { continue }
            for place in places { found.values[place] *= Float(pow(length, -tau)) }
          }
        } else if found.name == layer.bias?.path {
          found.values = found.values.map { _ in 0 }
        }
        return found
      }
      try session.write(
        store.imported(weights).parameters,
        to: learner.optimizer.average ?? store.parameterVariable)
    }
  }
}

extension ParameterStore {
  /// The layer of the model that tells so many classes apart; nil where it is not linear.
  func classifier(of classes: Int) -> Linear? {
    ((model as? AdaptedModel)?.model ?? model).classifier(of: classes)
  }
}
