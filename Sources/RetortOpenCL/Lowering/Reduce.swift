import RetortCore

extension Lowering {
  /// Appends the launches of a reduction: one, or two where partial results are folded again.
  mutating func reduce(_ step: Step, _ reduction: Reduction) throws {
    guard reduction.outer * reduction.inner > 0 else { return }
    guard reduction.prologue.results.allSatisfy({ $0.dtype == .float32 }) else {
      throw unsupported(step, "it reduces int32 values; convert them to float32 first")
    }
    let outputs = step.outputs.indices.map { output(step, $0) }
    if reduction.reduced == 0 {
      let kernel = PointwiseKernel(reduction.identities, inputs: [], outputs: outputs)
      switch form {
      case .vector: add(try kernel.vector(computeUnits: device.computeUnits, label: step.label))
      case .tiled: add(try kernel.flat(device, label: step.label))
      }
      return
    }
    guard let kernel = ReduceKernel(reduction, step.inputs.indices.map { input(step, $0) }) else {
      let factors = "\(reduction.outer) × \(reduction.reduced) × \(reduction.inner)"
      throw unsupported(step, "the axes of \(reduction.prologue.shape) do not form \(factors)")
    }
    let splits = form == .vector ? kernel.vectorSplits : kernel.tiledSplits(device)
    let partials =
      splits == 1
      ? outputs
      : outputs.map { _ in
        scratch(byteCount: 4 * splits * reduction.outer * reduction.inner)
      }
    add(try launch(kernel, partials, splits, step.label))
    guard splits > 1, let second = ReduceKernel(reduction.folding(splits), partials) else { return }
    var sum = try launch(second, outputs, 1, step.label)
    sum.part = "sum of parts"
    add(sum)
  }

  private func launch(
    _ kernel: ReduceKernel, _ outputs: [BufferReference], _ splits: Int, _ label: String
  ) throws(OpenCLError) -> Launch {
    switch form {
    case .vector:
      try kernel.vector(outputs, splits, computeUnits: device.computeUnits, label: label)
    case .tiled: try kernel.tiled(outputs, splits, device, label: label)
    }
  }
}

extension Reduction {
  /// The reduction of `[splits, outputs]` partial results.
  fileprivate func folding(_ splits: Int) -> Reduction {
    let outputs = outer * inner
    var program = PointwiseProgram(shape: [splits, outputs])
    for index in operations.indices {
      let access = PointwiseProgram.Access(strides: program.shape.strides)
      program.operands.append(.init(access: access, dtype: .float32))
      program.instructions.append(.load(index))
      program.results.append(.init(register: index, access: access, dtype: .float32))
    }
    return Reduction(
      prologue: program, operations: operations, outer: 1, reduced: splits, inner: outputs)
  }

  /// The value of each output where nothing is reduced.
  fileprivate var identities: PointwiseProgram {
    var program = PointwiseProgram(shape: [outer, inner])
    for (index, operation) in operations.enumerated() {
      program.instructions.append(.constant(operation.identity))
      program.results.append(
        .init(
          register: index, access: .init(strides: program.shape.strides), dtype: .float32))
    }
    return program
  }
}

extension ReduceOp {
  /// The value that changes nothing when folded in.
  fileprivate var identity: Double {
    switch self {
    case .sum: 0
    case .maximum: -.infinity
    case .minimum: .infinity
    }
  }

  /// The function of two floats, or of two vectors: the fold so far, and the next value.
  fileprivate func fold(_ width: ProgramText.Width) -> String {
    switch self {
    case .sum: "((a) + (b))"
    case .maximum: "maximum\(width.rawValue)(b, a)"
    case .minimum: "minimum\(width.rawValue)(b, a)"
    }
  }

  /// The fold of a vector's lanes.
  fileprivate var lanes: String {
    switch self {
    case .sum: "sum16(v)"
    case .maximum: "maximum_lanes(v)"
    case .minimum: "minimum_lanes(v)"
    }
  }
}

/// Writes and sizes the launches of one reduction; `ReduceVector` and `ReduceTiled` have the forms.
struct ReduceKernel {
  let reduction: Reduction
  let inputs: [BufferReference]
  /// Axes: outer ones, reduced ones, inner ones.
  let space: IterationSpace

  /// Takes one buffer per operand; nil if the prologue's shape is not made of the three extents.
  init?(_ reduction: Reduction, _ inputs: [BufferReference]) {
    let program = reduction.prologue
    guard
      let groups = program.axes(factoring: [reduction.outer, reduction.reduced, reduction.inner])
    else { return nil }
    self.reduction = reduction
    self.inputs = inputs
    space = IterationSpace(program, groups: groups, includingResults: false)
  }

  /// Macros that every template takes: how results fold.
  func folds(_ width: ProgramText.Width) -> [(String, [String])] {
    let operations = reduction.operations
    return [
      ("RESULTS", ["\(operations.count)"]),
      ("IDENTITY(k)", [choose(operations.map { Literal.float(Float($0.identity)) })]),
      ("FOLD(k, a, b)", [choose(operations.map { $0.fold(width) })]),
      ("LANES(k, v)", [choose(operations.map(\.lanes))]),
    ]
  }

  /// The expression for result `k`.
  private func choose(_ expressions: [String]) -> String {
    guard var text = expressions.last else { return "0.0f" }
    if expressions.allSatisfy({ $0 == text }) { return text }
    for (index, expression) in expressions.enumerated().dropLast().reversed() {
      text = "(k == \(index) ? \(expression) : \(text))"
    }
    return text
  }

  /// Lines that store result `k`, each by `statement` with the name of its pointer.
  func stores(_ statement: (String) -> String) -> [String] {
    reduction.operations.indices.map { "if (k == \($0)) { \(statement("y\($0)")) }" }
  }

  /// The body of the VALUES macro.
  func values(_ text: ProgramText) -> [String] {
    ["{"] + text.statements
      + reduction.operations.indices.map { "value[\($0)] = \(text.value(ofResult: $0));" } + ["}"]
  }
}
