import RetortCore
import RetortNN

extension AdaptedModel {
  /// `student` with the adapters that `losses` need, and what a search keeps; `student` itself where there is none
  /// of either.
  ///
  /// - Parameters:
  ///   - student: A model that no store needs to hold any more.
  ///   - teacher: What losses with `taps` compare it with; nil without a teacher.
  ///   - examples: What the examples are.
  ///   - count: The number of training examples, of which losses may remember something.
  ///   - search: What a search that follows the student keeps.
  /// - Throws: `TapError`, `AdapterError`, or `GraphError` where the examples do not fit.
  package static func adapting(
    _ student: Module, to teacher: (any Labeler)?, _ losses: [NamedLoss], examples: ExampleSpec,
    count: Int, search: SearchMemory? = nil
  ) throws -> Module {
    let all = losses.map(\.loss)
    let paths = all.reduce(into: Set<String>()) { $0.formUnion($1.studentPaths) }
    let own =
      paths.isEmpty && !all.contains(where: \.comparesOutputs)
      ? [:]
      : try ParameterStore(student, name: "student")
        .tapShapes(paths.union([""]), of: examples)
    var adapters: [(loss: String, modules: [Module])] = []
    for loss in losses {
      let (taps, modules) = (loss.loss.taps, loss.loss.ownTaps.map(\.module))
      let others = loss.loss.comparesVectors ? [""] : taps.map(\.teacher)
      var other: [String: Shape] = [:]
      if !others.isEmpty, let teacher {
        other = try (loss.teacher.flatMap { teacher[$0] } ?? teacher)
          .shapes(of: Set(others), for: examples)
      }
      let made = try loss.loss.adapters(
        (taps.isEmpty ? modules + [""] : taps.map(\.student)).compactMap { own[$0] },
        others.compactMap { other[$0] }, remembering: count)
      if !made.isEmpty { adapters.append((loss.name, made)) }
    }
    return adapters.isEmpty && search == nil
      ? student : AdaptedModel(student, adapters: adapters, search: search)
  }
}

extension DistillationLoss {
  /// Whether it compares vectors that models give, which may be of different sizes.
  fileprivate var comparesVectors: Bool { comparesOutputs && Self.outputs == .vectors }
}
