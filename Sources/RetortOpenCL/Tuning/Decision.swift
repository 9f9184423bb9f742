/// One decision of a planner: the option that a choice names if that is possible, else the default.
struct Decision<Value> {
  /// The option taken.
  let value: Value
  /// The default and the alternatives worth a try, most promising first.
  let candidates: [TuningChoice]

  /// Decides among options.
  ///
  /// - Parameters:
  ///   - standard: The default.
  ///   - others: Everything else that is possible, most promising first.
  ///   - count: How many options are worth a try.
  ///   - parameters: The words that identify an option in a choice; a part that the choice lacks, or an
  ///     option that does not exist, leaves the default.
  init(
    _ standard: Value, _ others: [Value], _ choice: TuningChoice?, trying count: Int = .max,
    parameters: (Value) -> [String: Int]
  ) {
    let options = [standard] + others
    let named = choice.flatMap { choice in
      options.first { option in
        parameters(option).allSatisfy { choice.parameters[$0.key] == $0.value }
      }
    }
    value = named ?? standard
    var distinct: [TuningChoice] = []
    for option in options where distinct.count < count {
      let choice = TuningChoice(parameters: parameters(option))
      if !distinct.contains(choice) { distinct.append(choice) }
    }
    candidates = distinct
  }
}

extension Decision<Int> {
  /// Decides a number.
  init(_ name: String, _ standard: Int, or others: [Int], _ choice: TuningChoice?) {
    self.init(standard, others, choice) { [name: $0] }
  }
}

/// The sums that a vector kernel holds in registers: rows by columns (of pixels or weights) by
/// vectors of 16.
struct RegisterTile: Hashable {
  var rows = 1, columns = 1, vectors = 1

  /// The time of a load, in multiply-adds.
  ///
  /// Chosen by trial; `retort bench kernels --names gemm,conv` shows its effect.
  private static let loadCost = 0.15

  /// The estimated time of one step of the innermost loop, in multiply-adds: these, and the loads beside
  /// them.
  func stepCost(_ registers: VectorRegisters) -> Double {
    let count = rows * columns
    return Double(max(count * vectors, registers.latency)) + Self.loadCost
      * Double(count + vectors)
  }

  /// The tile as choices write it.
  var parameters: [String: Int] { ["rows": rows, "columns": columns, "vectors": vectors] }
}

/// Possible register tiles with the estimated time of each.
struct TileRanking {
  private var tiles: [(cost: Double, tile: RegisterTile)] = []
  private var best = 0
  /// The share of the least estimate so far that a later tile's must be below to be the default.
  private let margin: Double

  /// The margin that keeps the first of tiles whose estimates differ by less than a thousandth.
  static let roundingMargin = 0.999
  /// How many tiles a search tries.
  private static let tried = 6

  init(margin: Double = 1) { self.margin = margin }

  var isEmpty: Bool { tiles.isEmpty }

  mutating func add(_ tile: RegisterTile, cost: Double) {
    if let least = tiles.isEmpty ? nil : tiles[best].cost, cost < least * margin {
      best = tiles.count
    }
    tiles.append((cost, tile))
  }

  /// The tile of the least estimated time, unless `choice` names another.
  func decision(_ choice: TuningChoice?) -> Decision<RegisterTile> {
    let standard = tiles.isEmpty ? RegisterTile() : tiles[best].tile
    let ranked = tiles.sorted { $0.cost < $1.cost }.map(\.tile)
    return Decision(standard, ranked, choice, trying: Self.tried, parameters: \.parameters)
  }
}
