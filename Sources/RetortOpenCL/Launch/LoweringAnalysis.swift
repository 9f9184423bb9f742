import RetortCore

/// The work that steps of one list may do for each other, found before any launch is made.
///
/// A pure function of the plan. Lowering decides within it, by what it alone knows: the tile that a
/// contraction takes, the parts that its sum is split into, and the device's fence. `RETORT_DEBUG=analysis`
/// prints it.
package struct LoweringAnalysis {
  /// One value per step, in order.
  let steps: [StepAnalysis]

  /// Analyses `steps`, which are lowered together in `form`.
  ///
  /// - Parameter isRun: Whether they are the steps of a run, of which packed weights may outlive one.
  init(_ steps: [Step], of plan: Plan, form: KernelForm, isRun: Bool = false) {
    var analyses = steps.enumerated().map { StepAnalysis(index: $0, step: $1) }
    switch form {
    case .vector where isRun:
      for (index, use) in WeightUse.all(of: plan).enumerated() { analyses[index].weight = use }
    case .vector: break
    case .tiled: Self.analyse(&analyses, of: plan)
    }
    self.steps = analyses
  }

  /// Finds statistics and deferred sums, which tiled contractions alone have.
  private static func analyse(_ analyses: inout [StepAnalysis], of plan: Plan) {
    let steps = analyses.map(\.step)
    let readers = StatisticsReaders(steps, of: plan)
    var deferrals: [(step: Int, result: Int)] = []
    /// The steps so far whose deferred results share memory with one of `values`.
    func sharers(of values: [Int]) -> Set<Int> {
      let values = values.filter { plan.values[$0].isPersistent }
      return Set(
        deferrals.filter { entry in values.contains { plan.overlap($0, entry.result) } }
          .map(\.step))
    }
    for index in analyses.indices {
      let step = steps[index]
      analyses[index].settles = sharers(of: step.inputs + step.outputs)
      guard let contraction = TiledContraction(step) else { continue }
      analyses[index].statistics = readers.statistics(of: index, contraction).map {
        var statistics = $0
        statistics.settles = sharers(of: statistics.operands + statistics.results)
        return statistics
      }
      // A step alone has nothing to wait for.
      guard steps.count > 1, contraction.epilogue.isPlainStore else { continue }
      analyses[index].deferral = Deferral(of: step.outputs[0], in: plan)
      if analyses[index].deferral != nil { deferrals.append((index, step.outputs[0])) }
    }
  }
}

/// The facts about one step that are known before it is lowered.
struct StepAnalysis {
  /// The step's index in its list.
  let index: Int
  let step: Step
  /// The statistics of its result's columns that later steps compute; it computes the first that its tiles
  /// have registers for, unless its sum is split.
  fileprivate(set) var statistics: [ColumnStatistics] = []
  /// The place of its result if the sum of its splits may wait; nil if it may not.
  fileprivate(set) var deferral: Deferral?
  /// The earlier steps whose deferred sums must be made before it runs: it reads or writes their results.
  fileprivate(set) var settles: Set<Int> = []
  /// Its weight, whose packed form may outlive the step; nil for others.
  fileprivate(set) var weight: WeightUse?
}

/// A tiled contraction as the steps that follow it see it.
struct TiledContraction {
  let epilogue: PointwiseProgram
  /// The columns of its result.
  let columns: Int
  /// The parts that its result's rows are made of: products of a batch, or phases; nil where its tiles have
  /// no columns to themselves.
  let rowParts: Int?

  /// Nil for steps of other kinds.
  init?(_ step: Step) {
    if case .matmul(let matmul) = step.kind {
      self.init(matmul)
    } else if case .convolution(let convolution) = step.kind {
      self.init(convolution)
    } else {
      return nil
    }
  }

  private init(_ matmul: MatmulStep) {
    (epilogue, columns, rowParts) = (matmul.epilogue, matmul.n, matmul.batch)
  }

  private init(_ convolution: ConvolutionStep) {
    if let product = convolution.matrixProduct {
      self.init(product)
    } else {
      self.init(
        epilogue: convolution.epilogue, columns: convolution.resultColumns,
        rowParts: convolution.rowParts)
    }
  }

  private init(epilogue: PointwiseProgram, columns: Int, rowParts: Int?) {
    (self.epilogue, self.columns, self.rowParts) = (epilogue, columns, rowParts)
  }
}

extension Plan.Value {
  fileprivate var isPersistent: Bool { if case .persistent = storage { true } else { false } }
}

extension LoweringAnalysis: CustomStringConvertible {
  /// The steps that concern others, one a line.
  package var description: String {
    steps.compactMap { step in
      let notes = notes(of: step)
      guard !notes.isEmpty else { return nil }
      let kind = step.step.kind.summary
      return "step \(step.index) \(kind) \(step.step.label): " + notes.joined(separator: "; ")
    }.joined(separator: "\n")
  }

  private func notes(of step: StepAnalysis) -> [String] {
    var notes = step.statistics.map { statistics in
      let kind = statistics.kind == .sums ? "sums" : "moments"
      let end = statistics.mayFinish ? "may write them" : "leaves them to it"
      return "may fold the \(kind) of step \(statistics.reader) and \(end)"
    }
    for other in steps where other.statistics.contains(where: { $0.reader == step.index }) {
      notes.append("may be left to step \(other.index)")
    }
    if let deferral = step.deferral {
      let end = steps.first { $0.settles.contains(step.index) }
      notes.append(
        "a split sum may wait, for value \(deferral.whole) from element \(deferral.offset) on, until "
          + (end.map { "step \($0.index)" } ?? "the end"))
    }
    switch step.weight?.lifetime {
    case .program: notes.append("its weight is packed once")
    case .run: notes.append("its weight is packed once a run")
    case .step, nil: break
    }
    return notes
  }
}
