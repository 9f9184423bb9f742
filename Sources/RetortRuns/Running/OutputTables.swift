import RetortCore
import RetortDistillation
import RetortRecipes

/// What frozen models make of training examples: computed once in a run, however many stages and variants
/// ask for it.
final class OutputTables {
  /// What outputs depend on: a model with its weights, and the choice of examples.
  ///
  /// In one run a stage's name stands for the weights that it has trained, a path for those of a file.
  struct Source: Equatable {
    let model: PlayerSpec?
    let data: DataSpec
  }

  /// Values by what they depend on.
  final class Memory<Value> {
    private var known: [(source: Source, value: Value)] = []

    /// The number of values.
    var count: Int { known.count }

    /// The value of `source`.
    ///
    /// - Parameter compute: Makes it where nobody has asked for it before.
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
  /// The latent codes of every example.
  let codes = Memory<Codes>()
  /// The digests of the examples themselves, for which no model counts.
  let digests = Memory<String>()
  /// The latent codes on the device, where steps look them up.
  let codeTables = Memory<Variable>()
}
