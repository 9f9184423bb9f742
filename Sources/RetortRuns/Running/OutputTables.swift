import RetortCore
import RetortData
import RetortDistillation
import RetortRecipes

/// What frozen models make of training examples: computed once in a run, however many stages and variants
/// ask for it.
final class OutputTables {
  /// What outputs depend on: a model with its weights, and the choice of examples.
  ///
  /// In one run a stage's name stands for the weights that it has trained, a path for those of a file.
  struct Source: Equatable {
    let model: ModelSpec?
    let data: DataSpec
    /// The module of the model that has made them; nil for its output.
    var path: String?
    /// What changes the examples: nothing, or what is repeated.
    var augment = Augmentation.none
  }

  /// Values by their source.
  final class Memory<Value> {
    private var known: [(source: Source, value: Value)] = []

    /// The number of values.
    var count: Int { known.count }

    /// The value for `source`, computed at the first call.
    ///
    /// - Parameter compute: Computes the value; called only if it is unknown.
    func value(of source: Source, _ compute: () throws -> Value) rethrows -> Value {
      if let found = known.first(where: { $0.source == source }) { return found.value }
      let value = try compute()
      known.append((source, value))
      return value
    }
  }

  /// Latent codes, `[examples, …]`, flat per example, and their statistics.
  struct Codes {
    let values: [Float]
    let size: Int
    let statistics: LatentStatistics
  }

  /// The logits of every example, `[examples, classes]`, on the device.
  let logits = Memory<Variable>()
  /// The features of every example, on the device, with the extents of one.
  let features = Memory<(variable: Variable, shape: [Int])>()
  /// The latent codes of every example.
  let codes = Memory<Codes>()
  /// The digests of training examples; their sources have no model.
  let digests = Memory<String>()
  /// The latent codes of every example, on the device.
  let codeTables = Memory<Variable>()
}
