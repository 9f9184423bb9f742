import Foundation
import Retort

/// A dataset of one's own: points of two interleaved half circles, labelled by the circle.
///
/// Examples have any fields; here it is one, `point`. With a type of `NamedDataset` and a line in
/// `DatasetCatalog` recipes find it.
struct Moons: Dataset {
  let name = "moons"
  let fields = [Field("point", [2], .float32)]
  let classNames = ["upper", "lower"]
  let labels: [Int32]
  private let points: [SIMD2<Float>]

  /// `count` points, half of each class, the same at each call.
  init(count: Int) {
    labels = (0..<count).map { Int32($0 % 2) }
    points = (0..<count).map { index in
      let angle = Float.pi * Float(index / 2) / Float(max(1, (count - 1) / 2))
      let (x, y) = (cos(angle), sin(angle))
      return index % 2 == 0 ? SIMD2(x, y) : SIMD2(1 - x, 0.5 - y)
    }
  }

  private init(labels: [Int32], points: [SIMD2<Float>]) {
    (self.labels, self.points) = (labels, points)
  }

  func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {
    withUnsafeBytes(of: points[index]) { target.copyMemory(from: $0) }
  }

  func subset(_ indices: [Int], name: String?) -> Moons {
    Moons(labels: indices.map { labels[$0] }, points: indices.map { points[$0] })
  }
}

/// A model of one's own: points `[batch, 2]` to logits `[batch, 2]`.
final class PointClassifier: Module {
  let hidden: Linear
  let output: Linear

  init(width: Int) {
    (hidden, output) = (Linear(2, width), Linear(width, 2))
  }

  override func forward(_ x: Tensor) -> Tensor { output(hidden(x).tanh()) }
}

/// Trains a model of one's own on a dataset of one's own.
///
/// - Returns: The share of points that it gets right.
func trainOnOwnDataset(steps: Int, on backend: any Backend) throws -> Double {
  let (session, data) = (Session(backend), Moons(count: 512))
  let store = ParameterStore(PointClassifier(width: 32), name: "student")
  try store.write(store.initialWeights(seed: 1), to: session)
  let learner = Learner(
    store, OptimizerState(Adam(), for: store), learningRate: 3e-2,
    schedule: CosineSchedule(steps: steps))
  let pipeline = PlainPipeline(data.fields)
  let loader = BatchLoader(dataset: data, pipeline: pipeline)
  let scheme = OfflineDistillation(
    students: [store], teacher: nil, losses: [NamedLoss(CrossEntropyLoss())])
  let program = try StepProgram(
    session, [learner], batch: 64, loader: loader, seed: 1, scheme: scheme)
  try TrainingLoop(program, options: TrainingOptions(steps: steps)).run(
    Prefetcher(
      loader: loader, order: try BatchOrder(count: data.count, batchSize: 64, seed: 1)),
    report: { _ in })
  let logits = try Inference(session, store, pipeline: pipeline).outputs(data)[0]
  return ClassificationMetrics(logits: logits, labels: data.labels, classes: 2).accuracy
}
