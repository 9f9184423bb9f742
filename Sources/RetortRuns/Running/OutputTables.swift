import RetortCore
import RetortDistillation
import RetortRecipes

/// What frozen models make of training examples, on the device: computed once in a run, however many stages
/// and variants ask for it.
final class OutputTables {
  /// What outputs depend on: a model with its weights, and the choice of examples.
  ///
  /// In one run a stage's name stands for the weights that it has trained, a path for those of a file.
  struct Source: Equatable {
    let model: PlayerSpec?
    let data: DataSpec
  }

  /// Latent codes, `[examples, …]`, flat per example, and their statistics.
  struct Codes {
    let table: Variable
    let size: Int
    let statistics: LatentStatistics
  }

  private(set) var logits: [(source: Source, table: Variable)] = []
  private(set) var codes: [(source: Source, codes: Codes)] = []

  /// The logits of every example, `[examples, classes]`.
  ///
  /// - Parameter compute: Computes them where nobody has asked for them before.
  func logits(of source: Source, _ compute: () throws -> Variable) rethrows -> Variable {
    if let known = logits.first(where: { $0.source == source }) { return known.table }
    let table = try compute()
    logits.append((source, table))
    return table
  }

  /// The latent codes of every example.
  ///
  /// - Parameter compute: Computes them where nobody has asked for them before.
  func codes(of source: Source, _ compute: () throws -> Codes) rethrows -> Codes {
    if let known = codes.first(where: { $0.source == source }) { return known.codes }
    let found = try compute()
    codes.append((source, found))
    return found
  }
}
