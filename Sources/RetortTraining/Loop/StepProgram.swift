import RetortCore
import RetortData
import RetortNN

/// What a training step is built from.
public struct StepInputs {
  /// Where operations are added.
  public let graph: Graph
  /// Examples: `[batch, height, width, channels]`, normalised as the loader does, or token ids,
  /// int32 `[batch, length]`.
  public let images: Tensor
  /// Classes, int32 `[batch]`.
  public let labels: Tensor
  /// The examples' places in their dataset, int32 `[batch]`.
  public let indices: Tensor
  /// int32 `[3]`: the low and high half of the seed, and the step.
  public let randomState: Tensor
  /// Numbers for the step's uses of randomness.
  public let streams: RandomStreams

  /// The given inputs of a step.
  public init(
    graph: Graph, images: Tensor, labels: Tensor, indices: Tensor, randomState: Tensor,
    streams: RandomStreams
  ) {
    (self.graph, self.images, self.labels) = (graph, images, labels)
    (self.indices, self.randomState, self.streams) = (indices, randomState, streams)
  }

  /// A forward pass of this step.
  ///
  /// - Parameter tapping: The paths of modules whose results losses compare.
  public func context(
    _ mode: ForwardContext.Mode, tapping: Set<String> = []
  ) -> ForwardContext {
    ForwardContext(graph, mode, randomState: randomState, streams: streams, tapping: tapping)
  }
}

/// One summand of the objective.
public struct LossTerm {
  /// What logs call it.
  public let name: String
  /// What multiplies it in the sum.
  public let weight: Double
  /// A scalar in nats, before the weight.
  public let value: Tensor

  /// A weighted summand.
  public init(_ name: String, weight: Double = 1, _ value: Tensor) {
    (self.name, self.weight, self.value) = (name, weight, value)
  }
}

/// What a step minimises, and what else it changes.
public struct Objective {
  /// The summands.
  public var terms: [LossTerm]
  /// Values to log beside the losses; no gradient is taken of them.
  public var observations: [LossTerm]
  /// Running statistics and the like.
  public var effects: [Effect]

  /// An objective of the given summands.
  public init(terms: [LossTerm], observations: [LossTerm] = [], effects: [Effect] = []) {
    (self.terms, self.observations, self.effects) = (terms, observations, effects)
  }
}

/// One training step as one compiled plan: forward, derivatives, optimizer.
public final class StepProgram {
  /// The model that the step updates.
  public let store: ParameterStore
  /// The names of `losses()`, in order: the total, the summands, the observations, the gradient's
  /// norm before clipping where it is clipped by that, and the loss scale where there is one.
  public let names: [String]
  /// The number of examples of one step.
  public let batch: Int
  private let executable: any Executable
  /// Whether each step has a momentum of its own.
  private let cyclesMomentum: Bool
  /// How many inputs stand before the labels.
  private let imageInputs: Int
  private let seed: UInt64

  /// Builds and compiles a step over examples that go into the model as they are.
  ///
  /// - Parameters:
  ///   - imageShape: The extents of one example.
  ///   - imageType: The type of its elements: int32 for token ids.
  ///   - seed: What random elements inside the step depend on, with the step's number.
  ///   - build: Adds the objective to the graph; called once.
  /// - Throws: `GraphError` for shapes that do not fit, or the device's errors.
  public convenience init(
    _ session: Session, _ store: ParameterStore, _ optimizer: OptimizerState, batch: Int,
    imageShape: Shape, imageType: DType = .float32, seed: UInt64,
    build: (StepInputs) throws -> Objective
  ) throws {
    let graph = Graph()
    let images = graph.input("images", Shape([batch] + imageShape.dimensions), imageType)
    try self.init(session, store, optimizer, images, seed: seed, build: build)
  }

  /// Builds and compiles a step over the batches of `loader`, whose pictures are augmented and
  /// normalised on the device.
  ///
  /// - Parameters:
  ///   - seed: What random elements inside the step depend on, with the step's number.
  ///   - build: Adds the objective to the graph; called once.
  /// - Throws: `GraphError` for shapes that do not fit, or the device's errors.
  public convenience init(
    _ session: Session, _ store: ParameterStore, _ optimizer: OptimizerState, batch: Int,
    loader: BatchLoader, seed: UInt64, build: (StepInputs) throws -> Objective
  ) throws {
    let (graph, data) = (Graph(), loader.dataset)
    let samples = graph.input("samples", [batch, data.height, data.width, data.channels], .uint8)
    let moves = graph.input("moves", [batch, ImageMove.wordCount], .int32)
    let images = loader.normalization.inputs(samples, moves: moves, loader.augmentation)
    try self.init(session, store, optimizer, images, seed: seed, build: build)
  }

  /// Adds the other inputs to the graph of `images`, `[batch, …]`.
  private init(
    _ session: Session, _ store: ParameterStore, _ optimizer: OptimizerState, _ images: Tensor,
    seed: UInt64, build: (StepInputs) throws -> Objective
  ) throws {
    let graph = images.graph
    let batch = images.shape[0]
    imageInputs = graph.inputs.count
    let labels = graph.input("labels", [batch], .int32)
    let indices = graph.input("indices", [batch], .int32)
    let rate = graph.input("learning rate", [1])
    let step = graph.input("step", [1], .int32)
    let state = graph.input("random state", [3], .int32)
    cyclesMomentum = optimizer.update.cyclesMomentum
    let momentum = cyclesMomentum ? graph.input("momentum", [1]) : nil
    let objective = try build(
      StepInputs(
        graph: graph, images: images, labels: labels, indices: indices, randomState: state,
        streams: RandomStreams()))
    let total = objective.terms.dropFirst().reduce(
      (objective.terms.first?.scaled).map { $0 } ?? graph.fill(0)
    ) { $0 + $1.scaled }
    let gradient = store.gradient(of: optimizer.scaled(total))
    let updates = optimizer.effects(
      on: store, gradient: gradient, learningRate: rate, step: step, momentum: momentum)
    let logged =
      [LossTerm("loss", total)] + objective.terms + objective.observations
      + optimizer.observations(gradient)
    executable = try session.compile(
      graph, outputs: logged.map(\.value), effects: objective.effects + updates)
    names = logged.map(\.name)
    self.store = store
    self.batch = batch
    self.seed = seed
  }

  /// The number of kernel launches of one step.
  public var launchCount: Int { executable.launchCount }

  /// Device memory held besides the variables, in bytes.
  public var byteCount: Int { executable.byteCount }

  /// Enqueues one step on a batch of the loader that the step was built for; does not wait.
  ///
  /// - Parameter momentum: The step's, where the optimizer's cycles.
  public func run(
    _ batch: LoadedBatch, learningRate: Double, momentum: Double? = nil, step: Int
  ) throws {
    try executable.setInput(0, UnsafeRawBufferPointer(batch.images))
    try executable.setInput(1, UnsafeRawBufferPointer(batch.moves))
    try run(
      UnsafeRawBufferPointer(batch.labels), batch.plan.indices.map(Int32.init), learningRate,
      momentum, step)
  }

  /// Enqueues one step on examples of the shape and type that it was built for; does not wait.
  ///
  /// - Parameter momentum: The step's, where the optimizer's cycles.
  public func run(
    images: HostArray, labels: [Int32], indices: [Int32], learningRate: Double,
    momentum: Double? = nil, step: Int
  ) throws {
    try executable.setInput(0, images)
    try labels.withUnsafeBytes { try run($0, indices, learningRate, momentum, step) }
  }

  private func run(
    _ labels: UnsafeRawBufferPointer, _ indices: [Int32], _ learningRate: Double,
    _ momentum: Double?, _ step: Int
  ) throws {
    let first = imageInputs
    try executable.setInput(first, labels)
    try executable.setInput(first + 1, indices)
    try executable.setInput(first + 2, [Float(learningRate)])
    try executable.setInput(first + 3, [Int32(truncatingIfNeeded: step)])
    let low = Int32(truncatingIfNeeded: seed)
    let high = Int32(truncatingIfNeeded: seed >> 32)
    try executable.setInput(first + 4, [low, high, Int32(truncatingIfNeeded: step)])
    if cyclesMomentum {
      guard let momentum else {
        preconditionFailure(
          "this step's optimizer takes its momentum from a schedule that cycles it")
      }
      try executable.setInput(first + 5, [Float(momentum)])
    }
    try executable.run()
  }

  /// What `names` calls, of the last step; waits for it.
  public func losses() throws -> [Double] {
    try names.indices.map { Double(try executable.floats($0).first ?? .nan) }
  }

  /// Waits until everything enqueued has finished.
  public func finish() throws { try executable.finish() }
}

extension LossTerm {
  fileprivate var scaled: Tensor { value * weight }
}
