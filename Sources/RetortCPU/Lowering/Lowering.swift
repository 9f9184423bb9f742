import CRetortCPU
import RetortCore

/// A step bound to its memory.
typealias Operation = () -> Void

/// The lowering of a plan's steps to operations on memory.
struct Lowering {
  let memory: PlanMemory
  let workspace: Workspace
  let kernels: retort_kernels
  let workers: Workers
  let precision: CPUBackend.Precision

  init(memory: PlanMemory, workspace: Workspace, backend: CPUBackend) {
    self.memory = memory
    self.workspace = workspace
    kernels = backend.kernels
    workers = backend.workers
    precision = backend.precision
  }

  /// The operation of a step.
  ///
  /// - Throws: `BackendError` if a step and its values do not fit together.
  func lower(_ step: Step) throws -> Operation {
    switch step.kind {
    case .pointwise(let program): try lowerPointwise(step, program)
    case .reduce(let reduction): try lowerReduction(step, reduction)
    case .moments(let axis, let rows, let columns, let epsilon):
      try lowerMoments(step, axis, rows, columns, Double(epsilon))
    case .matmul(let matmul): try lowerMatmul(step, matmul)
    case .convolution(let convolution): try lowerConvolution(step, convolution)
    case .pooling(let pooling): try lowerPooling(step, pooling)
    case .gather(let rows, let columns, let count): try lowerGather(step, rows, columns, count)
    case .scatterAdd(let rows, let columns, let count):
      try lowerScatterAdd(step, rows, columns, count)
    case .argmax(let rows, let columns): try lowerArgmax(step, rows, columns)
    case .softmax(let kind, let rows, let columns): try lowerSoftmax(step, kind, rows, columns)
    case .crossEntropy(let smoothing, let rows, let columns, let loss, let gradient):
      try lowerCrossEntropy(step, Double(smoothing), rows, columns, loss, gradient)
    case .divergence(let divergence): try lowerDivergence(step, divergence)
    case .random(let distribution, let stream, let count):
      try lowerRandom(step, distribution, stream, count)
    case .latentStep(let rule, let rows, let columns, let sizePerRow):
      try lowerLatentStep(step, rule, rows, columns, sizePerRow)
    case .augment(let augment): try lowerAugment(step, augment)
    case .optimizer(let update, let count): try lowerOptimizer(step, update, count)
    }
  }

  /// The bytes of one float32 element as stored.
  var realBytes: Int { precision.byteCount(.float32) }

  /// The address of input `index`, which must have at least `count` elements.
  func input(_ step: Step, _ index: Int, _ count: Int, _ dtype: DType = .float32) throws
    -> UnsafeMutableRawPointer
  {
    try place(step, step.inputs, "input", index, count, dtype)
  }

  /// The address of output `index`, which must have at least `count` elements.
  func output(_ step: Step, _ index: Int, _ count: Int, _ dtype: DType = .float32) throws
    -> UnsafeMutableRawPointer
  {
    try place(step, step.outputs, "output", index, count, dtype)
  }

  private func place(
    _ step: Step, _ list: [Int], _ role: String, _ index: Int, _ count: Int, _ dtype: DType
  ) throws -> UnsafeMutableRawPointer {
    guard list.indices.contains(index) else {
      throw BackendError.wrongData(
        what: step.title, expected: "\(role) \(index)", found: "\(list.count) \(role)s")
    }
    let pointer = try memory.pointer(list[index])
    let value = memory.values[list[index]]
    guard value.dtype == dtype else {
      throw BackendError.wrongData(
        what: "\(step.title), \(role) \(index)", expected: "\(dtype)", found: "\(value.dtype)")
    }
    guard count <= value.count else {
      throw BackendError.outOfBounds(
        what: "\(step.title), \(role) \(index)", offset: 0, count: count, capacity: value.count)
    }
    return pointer
  }

  /// An operation that splits `count` items into tasks of `grain` items.
  func split(
    _ count: Int, by grain: Int,
    _ body: @escaping (_ worker: Int, _ start: Int64, _ end: Int64) -> Void
  ) -> Operation {
    let grain = max(1, grain)
    let tasks = (max(0, count) + grain - 1) / grain
    return { [workers] in
      workers.run(tasks) { worker, task in
        body(worker, Int64(task * grain), Int64(min(count, (task + 1) * grain)))
      }
    }
  }

  /// An operation over rows, in tasks of about 16,384 elements.
  func splitRows(
    _ rows: Int, _ columns: Int, cost: Int = 1,
    _ body: @escaping (_ worker: Int, _ start: Int64, _ end: Int64) -> Void
  ) -> Operation {
    split(rows, by: 16384 / max(1, columns * cost), body)
  }
}

extension Step {
  /// The step's name in messages.
  var title: String {
    let kind = String(String(describing: self.kind).prefix { $0 != "(" })
    return label.isEmpty ? kind : "\(kind) (\(label))"
  }
}
