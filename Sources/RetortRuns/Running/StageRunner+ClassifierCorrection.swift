import Glibc
import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// Makes up for classes of unequal sizes in the last layers of all that classify, as the recipe says; nothing where
  /// it does not.
  ///
  /// Classes of many examples have long weights, which is why they are found too often: `tau-normalize` divides each
  /// class's weights by their length to that power, and takes biases away. Or its logit loses `logit-adjust` times the
  /// logarithm of its share of the examples, as for classes of one size.
  ///
  /// Source: [Kang et al. 2020](https://arxiv.org/abs/1910.09217), section 4.1, equation 5;
  /// [Menon et al. 2021](https://arxiv.org/abs/2007.07314), section 4.1, equation 9.
  ///
  /// - Throws: `ClassCountError` for a class without examples, or the device's errors.
  func correctClassifiers(_ learners: [Learner]) throws {
    guard stage.train.correctsClassifiers else { return }
    let shifts = try stage.train.logitAdjustment.map { tau in
      try ClassFrequencies(data.training.classCounts, for: "logit-adjust")
        .logShares.map { Float(-tau * $0) }
    }
    for (pupil, learner) in zip(pupils, learners) where pupil.classifies {
      let store = pupil.model.store
      guard let layer = store.classifier(of: classes) else { continue }
      var weights = store.exported(try store.weights(in: session))
      for index in weights.indices {
        if weights[index].name == layer.weight.path, let tau = stage.train.tauNormalization {
          divideRows(&weights[index].values, tau: tau)
        } else if weights[index].name == layer.bias?.path {
          if stage.train.tauNormalization != nil {
            weights[index].values = weights[index].values.map { _ in 0 }
          }
          if let shifts { weights[index].values = zip(weights[index].values, shifts).map(+) }
        }
      }
      try session.write(
        store.imported(weights).parameters,
        to: learner.optimizer.average ?? store.parameterVariable)
    }
  }

  /// Divides each class's row by its length to the power `tau`.
  private func divideRows(_ values: inout [Float], tau: Double) {
    let width = values.count / classes
    for row in 0..<classes {
      let places = row * width..<(row + 1) * width
      let length = sqrt(values[places].reduce(0) { $0 + Double($1) * Double($1) })
      guard length > 0 else { continue }
      for place in places { values[place] *= Float(pow(length, -tau)) }
    }
  }
}

extension ParameterStore {
  /// The layer of the model that tells so many classes apart; nil where it is not linear.
  func classifier(of classes: Int) -> Linear? {
    ((model as? AdaptedModel)?.model ?? model).classifier(of: classes)
  }
}
