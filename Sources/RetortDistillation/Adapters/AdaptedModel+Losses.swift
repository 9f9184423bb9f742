import RetortCore
import RetortNN

extension AdaptedModel {
  /// `student` with the adapters that `losses` need; `student` itself where they need none.
  ///
  /// - Parameters:
  ///   - student: A model that no store needs to hold any more.
  ///   - examples: What the examples are.
  /// - Throws: `TapError`, `AdapterError`, or `GraphError` where the examples do not fit.
  package static func adapting(
    _ student: Module, to teacher: any Labeler, _ losses: [NamedLoss], examples: ExampleSpec
  ) throws -> Module {
    let pairs = losses.flatMap(\.loss.taps)
    guard !pairs.isEmpty else { return student }
    let own = try ParameterStore(student, name: "student")
      .tapShapes(Set(pairs.map(\.student)), of: examples)
    var adapters: [(loss: String, modules: [Module])] = []
    for loss in losses where !loss.loss.taps.isEmpty {
      let other = try (loss.teacher.flatMap { teacher[$0] } ?? teacher)
        .shapes(of: Set(loss.loss.taps.map(\.teacher)), for: examples)
      let modules = try loss.loss.adapters(
        loss.loss.taps.compactMap { own[$0.student] },
        loss.loss.taps.compactMap { other[$0.teacher] })
      adapters.append((loss.name, modules))
    }
    return AdaptedModel(student, adapters: adapters)
  }
}
