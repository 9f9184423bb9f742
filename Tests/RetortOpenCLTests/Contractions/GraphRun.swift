@testable import RetortCore
@testable import RetortOpenCL

/// What a graph computed on the test device, and the kernels that did.
struct GraphRun {
  let outputs: [[Float]]
  let kernels: [String]

  /// Runs `outputs` of `graph`, every contraction as `choice` has it where that is possible.
  ///
  /// - Parameters:
  ///   - fence: What lets the last work-groups combine what the tiles say.
  ///   - fusingPrologues: Whether convolutions of the tiled form may have prologues.
  ///   - earlier: Inputs of a run before, which may leave nothing behind.
  init(
    _ graph: Graph, _ outputs: [Tensor], _ inputs: [[Float]], _ form: ContractionForm = .tiled,
    _ choice: [String: Int] = [:], fence: DeviceFence? = nil, fusingPrologues: Bool = true,
    after earlier: [[Float]]? = nil
  ) throws {
    let runner = form.runner
    let context = try Fixture.context(runner.form)
    let plan = try Plan(
      graph, outputs: outputs, fusingPrologues: fusingPrologues && runner.form == .tiled)
    var lowering = Lowering(
      plan, device: context.device.limits, form: runner.form, matrix: runner.matrix,
      fence: fence)
    lowering.choose(choice)
    let (setup, steps) = try lowering.lower()
    let memory = try PlanMemory(plan, lowering, variables: [], context: context, limit: .max)
    let executable = try OpenCLExecutable(
      plan, memory, setup: try LaunchList(setup, in: context, resolve: memory.buffer),
      steps: try LaunchList(steps, in: context, resolve: memory.buffer))
    for inputs in (earlier.map { [$0] } ?? []) + [inputs] {
      for (index, values) in inputs.enumerated() { try executable.setInput(index, values) }
      try executable.run()
    }
    self.outputs = try outputs.indices.map { try executable.floats($0) }
    kernels = steps.map(\.description.kernel)
  }
}

extension Lowering {
  /// Has every contraction computed as `parameters` say where that is possible.
  mutating func choose(_ parameters: [String: Int]) {
    for key in plan.steps.compactMap(tuningKey) {
      tuning[key] = TuningChoice(parameters: parameters)
    }
  }
}

extension TestNumbers {
  /// Eighths within ±1, which any type multiplies exactly.
  static func eighths(_ count: Int, seed: UInt64) -> [Float] {
    var numbers = TestNumbers(seed: seed)
    return (0..<count).map { _ in Float(numbers.int(-8..<9)) / 8 }
  }
}
