import Glibc
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortSchema
import RetortTraining

/// What a model takes one picture or text for.
public struct Prediction: Equatable, Sendable {
  /// The file that it came from.
  public let path: String
  /// Its place in that file, from 0.
  public let index: Int
  /// The likeliest classes, best first.
  public let classes: [Class]

  /// A class and how much the model believes in it.
  public struct Class: Equatable, Sendable {
    /// The class's name; its number where the model does not know names.
    public let name: String
    /// What the model says before softmax.
    public let logit: Double
    /// The logarithm of the probability, in nats, ≤ 0; finite where the probability is too small to be.
    public let logProbability: Double
    /// In [0, 1]; the sum over all classes is 1.
    public var probability: Double { exp(logProbability) }
  }
}

extension StoredModel {
  /// What the model takes pictures for; coloured ones that are grey all over are taken as grey by a
  /// model of grey ones.
  ///
  /// - Parameters:
  ///   - files: The pictures.
  ///   - top: How many classes to name for each, ≥ 1.
  ///   - backend: The device.
  ///   - report: Told of what is made of the weights' names.
  /// - Throws: `FormatError` for pictures of another size than the model's, `RecipeErrors` for a
  ///   model that is no classifier, `ModelError`, `WeightError` or the device's errors.
  public func predict(
    _ files: [UnlabelledImages], top: Int, with backend: any Backend,
    report: (RunEvent) -> Void = { _ in }
  ) throws -> [Prediction] {
    guard let first = files.first else { return [] }
    let size = try size(for: first)
    let files = size.channels == 1 ? files.map(\.grey) : files
    for file in files where file.size != size {
      throw FormatError(
        file.path,
        .unsupported(
          what: "a picture of \(text(file.size))",
          supported: "\(text(size)), height × width × channels"))
    }
    // The loader wants labels; evaluation does not look at them.
    let count = files.reduce(0) { $0 + $1.count }
    let dataset = ImageDataset(
      name: first.path, images: files.flatMap(\.images),
      labels: Array(repeating: 0, count: count), height: size.height, width: size.width,
      channels: size.channels, classNames: classNames)
    return try predictions(
      for: dataset, .image(size), of: files.map { ($0.path, $0.count) }, called: "picture",
      top: top, with: backend, report: report)
  }

  /// What the model takes examples for.
  ///
  /// - Parameters:
  ///   - files: Where they come from, and how many of each.
  ///   - kind: What messages call an example.
  func predictions(
    for dataset: any Dataset, _ examples: ExampleSpec, of files: [(path: String, count: Int)],
    called kind: String, top: Int, with backend: any Backend, report: (RunEvent) -> Void
  ) throws -> [Prediction] {
    guard dataset.count > 0 else { return [] }
    let session = Session(backend)
    let player = try classifier("predict", examples, session, report)
    let places = files.flatMap { file in (0..<file.count).map { (file.path, $0) } }
    let logits = try Inference(session, player.store, pipeline: examples.pipeline())
      .outputs(dataset) { "\(kind) \(places[$0].1) of \(places[$0].0)" }[0]
    return places.enumerated().map { row, place in
      Prediction(
        path: place.0, index: place.1,
        classes: ranked(logits[row * classes..<(row + 1) * classes], top))
    }
  }

  /// The `top` likeliest classes of one row of logits.
  private func ranked(_ logits: ArraySlice<Float>, _ top: Int) -> [Prediction.Class] {
    let peak = Double(logits.max() ?? 0)
    let total = log(logits.reduce(0) { $0 + exp(Double($1) - peak) })
    return logits.enumerated().sorted { ($1.element, $0.offset) < ($0.element, $1.offset) }
      .prefix(top)
      .map {
        .init(
          name: classNames[$0.offset], logit: Double($0.element),
          logProbability: Double($0.element) - peak - total)
      }
  }

  /// The size of the model's pictures; that of `first` where it does not say it.
  private func size(for first: UnlabelledImages) throws(FormatError) -> ImageSize {
    switch examples {
    case .image(let size): return size
    case .tokens:
      throw FormatError(
        first.path, .unsupported(what: "a picture", supported: "text, which '\(spec.model)' reads"))
    case nil: return first.size
    }
  }

  private func text(_ size: ImageSize) -> String {
    "\(size.height)×\(size.width)×\(size.channels)"
  }
}
