import RetortCore

extension Lowering {
  /// How a contraction in the form for CPU devices ends: its epilogue's operands follow its own two.
  func vectorStore(_ step: Step, _ epilogue: PointwiseProgram) -> StoreEpilogue {
    StoreEpilogue(
      epilogue, operands: step.inputs.indices.dropFirst(2).map { input(step, $0) },
      results: step.outputs.indices.map { output(step, $0) }, streams: streams(step))
  }

  /// Whether a step's results are stored past the caches, in the form for CPU devices: they are large, and lie where
  /// the step reads nothing, whose lines are in the caches already.
  func streams(_ step: Step) -> Bool {
    guard form == .vector, let least = device.streamedBytes else { return false }
    let read = Set(step.inputs.map { plan.values[$0].storage })
    return step.outputs.lazy.map { plan.values[$0] }.allSatisfy {
      4 * $0.count >= least && !read.contains($0.storage)
    }
  }
}
