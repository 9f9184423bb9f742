import RetortCore

/// The assignment of examples to batches: an endless sequence that is a pure function of its seed.
///
/// Every batch is full and no example is skipped: the next epoch completes a batch that an epoch begins.
public struct BatchOrder: Sendable {
  /// The sampling of examples.
  public enum Sampling: Sendable {
    /// Every example once per epoch, in an order that changes with the epoch.
    case shuffled
    /// Each example drawn uniformly from the whole dataset, with replacement.
    case replacement
    /// Each example drawn by class first.
    case byClass(ClassSampling)
    /// A linear transition from `replacement` to `byClass` over the given number of examples.
    ///
    /// > Note: The paper's transition goes by whole epochs.
    ///
    /// Source: [Kang et al. 2020](https://arxiv.org/abs/1910.09217), equation 2.
    case progressive(ClassSampling, over: Int)
  }

  /// A position in the sequence, which is all the state that a checkpoint needs.
  public struct Position: Equatable, Sendable {
    /// The number of epochs completed.
    public var epoch: Int
    /// The number of examples of the current epoch that have been used.
    public var index: Int

    /// A position; by default the start.
    public init(epoch: Int = 0, index: Int = 0) {
      self.epoch = epoch
      self.index = index
    }
  }

  /// The number of examples in the dataset.
  public let count: Int
  /// The number of examples in a full batch.
  public let batchSize: Int
  /// The seed of the order.
  public let seed: UInt64
  /// The sampling of examples.
  public let sampling: Sampling
  /// The position of the next batch.
  public private(set) var position: Position

  private var order: [Int] = []
  private var orderedEpoch = -1

  /// An order that begins at `position`.
  ///
  /// - Throws: `DataError` if a size is below one, or the position lies outside the dataset.
  public init(
    count: Int, batchSize: Int, seed: UInt64, sampling: Sampling = .shuffled,
    position: Position = Position()
  ) throws(DataError) {
    guard count > 0 else { throw .tooFewExamples(wanted: 1, available: count, className: nil) }
    guard batchSize > 0 else {
      throw .outOfRange(name: "batch", found: "\(batchSize)", allowed: "at least 1")
    }
    guard position.epoch >= 0, position.epoch < 1 << 32, (0..<count).contains(position.index)
    else { throw .wrongPosition(epoch: position.epoch, index: position.index, count: count) }
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
    self.sampling = sampling
    self.position = position
  }

  /// The position of batch `step`, counted from the start of the sequence.
  public func position(ofBatch step: Int) -> Position {
    let (epoch, index) = step.saturatingProduct(batchSize).quotientAndRemainder(dividingBy: count)
    return Position(epoch: epoch, index: index)
  }

  /// The next batch.
  public mutating func next() -> PlannedBatch {
    let start = position
    let step = stepNumber
    var indices: [Int] = []
    indices.reserveCapacity(batchSize)
    while indices.count < batchSize {
      let taken = min(batchSize - indices.count, count - position.index)
      for index in position.index..<position.index + taken { indices.append(example(index)) }
      position.index += taken
      if position.index == count { position = Position(epoch: position.epoch + 1) }
    }
    return PlannedBatch(step: step, start: start, following: position, indices: indices)
  }

  private var stepNumber: Int {
    position.epoch.saturatingProduct(count).saturatingSum(position.index) / batchSize
  }

  private mutating func example(_ index: Int) -> Int {
    switch sampling {
    case .replacement:
      var generator = generator(index)
      return generator.number(below: count)
    case .byClass(let classes):
      var generator = generator(index)
      return classes.draw(&generator)
    case .progressive(let classes, let total):
      var generator = generator(index)
      let drawn = Double(position.epoch) * Double(count) + Double(index)
      let progress = drawn / Double(total)
      return generator.unit() < progress
        ? classes.draw(&generator) : generator.number(below: count)
    case .shuffled:
      if orderedEpoch != position.epoch {
        var generator = KeyedGenerator(seed: seed, stream: .order, step: position.epoch)
        order = generator.permutation(of: count)
        orderedEpoch = position.epoch
      }
      return order[index]
    }
  }

  /// The random number generator of one drawn example.
  private func generator(_ index: Int) -> KeyedGenerator {
    KeyedGenerator(seed: seed, stream: .replacement, step: position.epoch, element: index)
  }
}

/// The examples of one batch, before loading.
public struct PlannedBatch: Equatable, Sendable {
  /// The number of the batch in the sequence, from 0.
  public let step: Int
  /// The position of its first example.
  public let start: BatchOrder.Position
  /// The position after its last example.
  public let following: BatchOrder.Position
  /// The examples, as indices into the dataset.
  public let indices: [Int]
}
