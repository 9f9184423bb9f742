import RetortCore

/// Column statistics of a contraction's result that a later step computes: sums over the rows, or moments.
///
/// A tiled contraction folds the columns of each of its tiles while it has them in registers, see
/// `Kernels/matmul/statistics_core.cl`. Its last work-groups combine the tiles, or the later step's launch
/// does.
struct ColumnStatistics {
  /// The function of the observed values.
  enum Kind: Equatable {
    case sums
    case moments(epsilon: Float)
  }

  let kind: Kind
  /// The index of the step that they are the results of.
  let reader: Int
  /// That step's results: one per value observed, or the moments.
  let results: [Int]
  /// The contraction's epilogue; its results are those that it stores, then the observed values.
  let program: PointwiseProgram
  /// One value of the plan per operand of the program.
  let operands: [Int]
  /// How many values are observed of each element.
  let observed: Int
  /// Whether the contraction may write the results itself: nothing else lies there until the reader
  /// would have run.
  let mayFinish: Bool
  /// The steps whose deferred sums must be made before the contraction: it reads or writes their results.
  var settles: Set<Int> = []

  /// Whether tiles have the registers that these take.
  func fit(_ tiles: RowTiles) -> Bool { kind != .sums || tiles.canSum }

  /// Floats per column of the statistics of `tiles` tiles and of their runs; see
  /// `Kernels/matmul/combine_core.cl`.
  func count(tiles: Int, runs: Int) -> Int {
    kind == .sums ? observed * (tiles + runs) : 2 * tiles + 3 * runs
  }

  /// The macros of kernels that make or combine them.
  var macros: LaunchMacros {
    var macros: LaunchMacros = ["OBSERVED": "\(observed)"]
    switch kind {
    case .sums: macros.append("MOMENTS", "0")
    case .moments(let epsilon):
      macros.append(["MOMENTS": "1", "EPSILON": Literal.float(epsilon)])
    }
    return macros
  }
}

/// The tiles of a contraction that lie below each other in its result.
struct RowTiles {
  /// Rows of a tile.
  let rows: Int
  /// How many tiles cover one part.
  let count: Int
  /// The parts that the result's rows are made of: products of a batch, or phases.
  let parts: Int
  /// How many tiles lie beside each other.
  let blocks: Int
  /// Whether a work-item has registers left for sums.
  let canSum: Bool

  /// The tiles of a product.
  init(_ product: TiledProduct, parts: Int) {
    rows = product.tile.m
    canSum = !product.tile.isCrowded
    count = product.m.ceilDivided(by: product.tile.m)
    blocks = product.n.ceilDivided(by: product.tile.n) * (product.parts / parts)
    self.parts = parts
  }
}

/// The steps of a list that could leave reading a contraction's result to the contraction.
struct StatisticsReaders {
  private let plan: Plan
  private let steps: [Step]
  private var readers: [Int: [Int]] = [:]

  init(_ steps: [Step], of plan: Plan) {
    (self.plan, self.steps) = (plan, steps)
    for (index, step) in steps.enumerated() {
      switch step.kind {
      case .moments(.channels, _, _, _), .reduce:
        for value in Set(step.inputs) { readers[value, default: []].append(index) }
      default: break
      }
    }
  }

  /// The statistics that later steps compute of the result of contraction `index`, and that its tiles
  /// could; those of the first reader first.
  func statistics(of index: Int, _ contraction: TiledContraction) -> [ColumnStatistics] {
    let epilogue = contraction.epilogue
    guard let rowParts = contraction.rowParts, epilogue.shape.columnCount == contraction.columns,
      epilogue.operands.allSatisfy({ $0.dtype == .float32 })
    else { return [] }
    let candidates = Set(steps[index].outputs.flatMap { readers[$0, default: []] })
    return candidates.sorted().filter { $0 > index }.compactMap { reader in
      guard let (kind, observed) = observation(by: steps[reader], of: epilogue.shape),
        kind == .sums || rowParts == 1,
        let (program, operands) = extend(epilogue, of: index, by: observed, of: reader)
      else { return nil }
      return ColumnStatistics(
        kind: kind, reader: reader, results: steps[reader].outputs, program: program,
        operands: operands, observed: observed.results.count,
        mayFinish: mayFinish(reader, during: index))
    }
  }

  /// The fold of a step over the rows of a tensor of `shape`, and the values that it folds.
  private func observation(
    by step: Step, of shape: Shape
  ) -> (ColumnStatistics.Kind, PointwiseProgram)? {
    switch step.kind {
    case .moments(.channels, let rows, let columns, let epsilon):
      guard columns == shape.columnCount, rows * columns == shape.count else { return nil }
      return (.moments(epsilon: epsilon), .copy(of: shape, .float32))
    case .reduce(let reduction):
      guard reduction.prologue.shape == shape, reduction.outer == 1,
        reduction.inner == shape.columnCount, reduction.reduced == shape.rowCount,
        reduction.operations.allSatisfy({ $0 == .sum }),
        reduction.prologue.results.allSatisfy({ $0.dtype == .float32 })
      else { return nil }
      return (.sums, reduction.prologue)
    default: return nil
    }
  }

  /// `epilogue` followed by the values that step `reader` folds, with the operands of both; nil where
  /// those of `reader` are not there yet when the contraction runs.
  private func extend(
    _ epilogue: PointwiseProgram, of index: Int, by observed: PointwiseProgram, of reader: Int
  ) -> (PointwiseProgram, operands: [Int])? {
    var program = epilogue
    var operands = Array(steps[index].inputs.dropFirst(2).prefix(epilogue.operands.count))
    var registers: [Int] = []
    for instruction in observed.instructions {
      if case .load(let load) = instruction {
        let (operand, value) = (observed.operands[load], steps[reader].inputs[load])
        if let result = steps[index].outputs.firstIndex(of: value) {
          let stored = epilogue.results[result]
          guard observed.isDense(operand.access), epilogue.isDense(stored.access),
            stored.dtype == .float32
          else { return nil }
          registers.append(stored.register)
          continue
        }
        guard !isWritten(value, from: index, to: reader) else { return nil }
        program.operands.append(operand)
        operands.append(value)
        program.instructions.append(.load(operands.count - 1))
      } else {
        program.instructions.append(instruction.mappingRegisters { registers[$0] })
      }
      registers.append(program.instructions.count - 1)
    }
    for result in observed.results {
      program.results.append(
        .init(
          register: registers[result.register], access: .init(strides: program.shape.strides),
          dtype: .float32))
    }
    return (program, operands)
  }

  /// Whether the results of step `reader` may be written while step `index` runs: nothing from then
  /// on reads or writes where they lie.
  func mayFinish(_ reader: Int, during index: Int) -> Bool {
    let results = steps[reader].outputs
    let others =
      steps[index...reader].flatMap(\.inputs) + steps[index..<reader].flatMap(\.outputs)
    return !others.contains { value in results.contains { plan.overlap($0, value) } }
  }

  /// Whether a step from `first` on and before `last` writes where `value` lies.
  private func isWritten(_ value: Int, from first: Int, to last: Int) -> Bool {
    steps[first..<last].contains { $0.outputs.contains { plan.overlap($0, value) } }
  }
}

extension PointwiseProgram.Instruction {
  /// The instruction with other registers in place of those that it reads.
  fileprivate func mappingRegisters(_ register: (Int) -> Int) -> Self {
    switch self {
    case .load, .accumulator, .constant: self
    case .unary(let op, let x): .unary(op, register(x))
    case .binary(let op, let x, let y): .binary(op, register(x), register(y))
    case .select(let condition, let x, let y):
      .select(register(condition), register(x), register(y))
    }
  }
}
