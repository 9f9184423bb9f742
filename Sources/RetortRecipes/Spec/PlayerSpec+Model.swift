import RetortDistillation
import RetortModels
import RetortNN

extension PlayerSpec {
  /// The model, or the ensemble, without weights.
  ///
  /// - Throws: `ModelError` where it does not fit the examples.
  package func make(for examples: ExampleSpec, classes: Int) throws(ModelError) -> Module {
    guard !members.isEmpty else {
      return try ModelCatalog.make(model, options: options, for: examples, classes: classes)
    }
    var models: [Ensemble.Member] = []
    for member in members {
      models.append(
        Ensemble.Member(
          member.name, try member.spec.make(for: examples, classes: classes), weight: member.weight)
      )
    }
    return Ensemble(models, mean: mean)
  }
}
