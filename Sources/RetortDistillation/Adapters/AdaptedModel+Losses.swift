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
    let paths = Set(losses.flatMap(\.loss.taps).map(\.student))
    let own =
      paths.isEmpty
      ? [:] : try ParameterStore(student, name: "student").tapShapes(paths, of: examples)
    var adapters: [(loss: String, modules: [Module])] = []
    for loss in losses {
      let taps = loss.loss.taps
      let other =
        taps.isEmpty
        ? [:]
        : try (loss.teacher.flatMap { teacher[$0] } ?? teacher)
          .shapes(of: Set(taps.map(\.teacher)), for: examples)
      let modules = try loss.loss.adapters(
        taps.compactMap { own[$0.student] }, taps.compactMap { other[$0.teacher] })
      if !modules.isEmpty { adapters.append((loss.name, modules)) }
    }
    return adapters.isEmpty ? student : AdaptedModel(student, adapters: adapters)
  }
}
