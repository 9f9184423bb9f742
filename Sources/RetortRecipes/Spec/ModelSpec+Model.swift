import RetortModels
import RetortNN

extension ModelSpec {
  /// The model without weights.
  ///
  /// - Throws: `ModelError` where it does not fit the examples.
  package func make(for examples: ExampleSpec, classes: Int) throws(ModelError) -> Module {
    try ModelCatalog.make(model, options: options, for: examples, classes: classes)
  }
}
