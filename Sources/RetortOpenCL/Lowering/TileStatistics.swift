import RetortCore

/// The column statistics of a contraction's result that a later step reads: sums over the rows, or
/// moments.
///
/// The launch of a tiled contraction finds that out for each of its tiles while it has them in
/// registers, see `Kernels/matmul/statistics_core.cl`. Its last work-groups combine the tiles, or the
/// step itself does.
struct TileStatistics {
  /// What is computed of the values observed.
  enum Kind: Equatable {
    case sums
    case moments(epsilon: Float)
  }

  let kind: Kind
  /// The place of the step that wants it among those that are lowered together.
  let reader: Int
  /// That step's results: one per value observed, or the moments.
  let results: [Int]
  /// The contraction's epilogue; behind what it stores, its results are what is observed.
  let program: PointwiseProgram
  /// One value of the plan per operand of the program.
  let operands: [Int]
  /// How many values are observed of each element.
  let observed: Int

  /// Floats per column of what `tiles` tiles say, and their runs; see
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
  /// Whether there are registers for sums.
  let canSum: Bool

  /// The tiles of a product.
  init(_ product: TiledProduct, parts: Int) {
    rows = product.tile.m
    canSum = !product.tile.isCrowded
    count = product.m.pieces(of: product.tile.m)
    blocks = product.n.pieces(of: product.tile.n) * (product.parts / parts)
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
    for (place, step) in steps.enumerated() {
      switch step.kind {
      case .moments(.channels, _, _, _), .reduce:
        for value in Set(step.inputs) { readers[value, default: []].append(place) }
      default: break
      }
    }
  }

  /// What the first step that can use it wants to know of the result of step `place`.
  ///
  /// - Parameters:
  ///   - epilogue: The contraction's.
  ///   - columns: The columns of its result.
  ///   - tiles: Those of its result; moments are only taken of one part.
  func statistics(
    of place: Int, _ epilogue: PointwiseProgram, columns: Int, _ tiles: RowTiles
  ) -> TileStatistics? {
    guard epilogue.shape.columnCount == columns,
      epilogue.operands.allSatisfy({ $0.dtype == .float32 })
    else { return nil }
    let candidates = Set(steps[place].outputs.flatMap { readers[$0, default: []] })
    for reader in candidates.sorted() where reader > place {
      guard let (kind, observed) = observation(by: steps[reader], of: epilogue.shape),
        kind == .sums ? tiles.canSum : tiles.parts == 1,
        let (program, operands) = extend(epilogue, of: place, by: observed, of: reader)
      else { continue }
      return TileStatistics(
        kind: kind, reader: reader, results: steps[reader].outputs, program: program,
        operands: operands, observed: observed.results.count)
    }
    return nil
  }

  /// What a step folds over the rows of a tensor of `shape`, and how.
  private func observation(
    by step: Step, of shape: Shape
  ) -> (TileStatistics.Kind, PointwiseProgram)? {
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

  /// `epilogue` and what step `reader` makes of its results, with the operands of both; nil where
  /// those of `reader` are not there yet when the contraction runs.
  private func extend(
    _ epilogue: PointwiseProgram, of place: Int, by observed: PointwiseProgram, of reader: Int
  ) -> (PointwiseProgram, operands: [Int])? {
    var program = epilogue
    var operands = Array(steps[place].inputs.dropFirst(2).prefix(epilogue.operands.count))
    var registers: [Int] = []
    for instruction in observed.instructions {
      if case .load(let index) = instruction {
        let (operand, value) = (observed.operands[index], steps[reader].inputs[index])
        if let result = steps[place].outputs.firstIndex(of: value) {
          let stored = epilogue.results[result]
          guard observed.isDense(operand.access), epilogue.isDense(stored.access),
            stored.dtype == .float32
          else { return nil }
          registers.append(stored.register)
          continue
        }
        guard !isWritten(value, from: place, to: reader) else { return nil }
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

  /// Whether the results of step `reader` may be written while step `place` runs: nothing from then
  /// on reads or writes what lies there.
  func mayFinish(_ reader: Int, during place: Int) -> Bool {
    let results = steps[reader].outputs
    let others =
      steps[place...reader].flatMap(\.inputs) + steps[place..<reader].flatMap(\.outputs)
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
