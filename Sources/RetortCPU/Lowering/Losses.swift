import CRetortCPU
import RetortCore

extension Lowering {
  /// The upstream gradient, one per row or one for all, and its stride between rows.
  private func upstream(_ step: Step, _ rows: Int) throws -> (UnsafeMutableRawPointer, Int64) {
    guard step.inputs.count > 2, memory.values.indices.contains(step.inputs[2]) else {
      throw BackendError.wrongData(
        what: step.title, expected: "upstream rows", found: "\(step.inputs.count) inputs")
    }
    let isOne = memory.values[step.inputs[2]].count == 1
    return (try input(step, 2, isOne ? 1 : rows), isOne ? 0 : 1)
  }

  func lowerCrossEntropy(
    _ step: Step, _ smoothing: Double, _ rows: Int, _ columns: Int, _ loss: Bool, _ gradient: Bool
  ) throws -> Operation {
    let logits = try input(step, 0, rows * columns)
    let labels = try input(step, 1, rows, .int32).assumingMemoryBound(to: Int32.self)
    var description = retort_cross_entropy_rows(
      smoothing: smoothing, columns: Int64(columns), upstream_stride: 0, logits: logits,
      labels: labels, upstream: nil, loss: nil, gradient: nil)
    if loss { description.loss = try output(step, 0, rows) }
    if gradient {
      let (upstream, stride) = try upstream(step, rows)
      description.upstream = UnsafeRawPointer(upstream)
      description.upstream_stride = stride
      description.gradient = try output(step, loss ? 1 : 0, rows * columns)
    }
    let run = kernels.cross_entropy
    let bound = description
    return splitRows(rows, columns, cost: 8) { _, start, end in
      withUnsafePointer(to: bound) { run($0, start, end) }
    }
  }

  func lowerDivergence(_ step: Step, _ divergence: DivergenceStep) throws -> Operation {
    let (rows, columns) = (divergence.rows, divergence.columns)
    let (kind, temperature, beta, floor) = divergence.distance.kind
    var description = retort_divergence_rows(
      kind: kind, beta: beta, temperature: temperature, floor: floor, columns: Int64(columns),
      upstream_stride: 0, student: try input(step, 0, rows * columns),
      teacher: try input(step, 1, rows * columns), upstream: nil, loss: nil, student_gradient: nil,
      teacher_gradient: nil)
    var next = 0
    if divergence.loss {
      description.loss = try output(step, next, rows)
      next += 1
    }
    if divergence.studentGradient || divergence.teacherGradient {
      let (upstream, stride) = try upstream(step, rows)
      description.upstream = UnsafeRawPointer(upstream)
      description.upstream_stride = stride
    }
    if divergence.studentGradient {
      description.student_gradient = try output(step, next, rows * columns)
      next += 1
    }
    if divergence.teacherGradient {
      description.teacher_gradient = try output(step, next, rows * columns)
    }
    workspace.reserve(perWorker: 4 * columns * MemoryLayout<Double>.stride)
    let run = kernels.divergence
    let bound = description
    return splitRows(rows, columns, cost: 16) { [workspace] worker, start, end in
      withUnsafePointer(to: bound) {
        run($0, start, end, workspace.scratch(worker).assumingMemoryBound(to: Double.self))
      }
    }
  }
}

extension RowDistance {
  fileprivate var kind: (retort_divergence, temperature: Double, beta: Double, floor: Double) {
    switch self {
    case .logits(let divergence, let temperature):
      (divergence.kind.0, Double(temperature), divergence.kind.beta, 0)
    case .direction: (retort_direction, 1, 0, 1e-12)
    case .cosine(let floor): (retort_cosine, 1, 0, Double(floor))
    }
  }
}

extension Divergence {
  fileprivate var kind: (retort_divergence, beta: Double) {
    switch self {
    case .forwardKL: (retort_forward_kl, 0)
    case .reverseKL: (retort_reverse_kl, 0)
    case .jensenShannon(let beta): (retort_jensen_shannon, Double(beta))
    case .probabilityL2: (retort_probability_l2, 0)
    }
  }
}
