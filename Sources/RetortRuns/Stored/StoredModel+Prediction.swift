import Glibc
import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortSchema
import RetortTraining

/// The prediction of a model for one image or text.
public struct Prediction: Equatable, Sendable {
  /// The path of the file with the example.
  public let path: String
  /// The index of the example in that file, from 0.
  public let index: Int
  /// The most probable classes, in descending order.
  public let classes: [Class]

  /// A class with the model's score for it.
  public struct Class: Equatable, Sendable {
    /// The class's name, or its number if the model has no names.
    public let name: String
    /// The logit, before softmax.
    public let logit: Double
    /// The logarithm of the probability in nats, ≤ 0; finite even if the probability underflows.
    public let logProbability: Double
    /// The probability, in [0, 1]; the sum over all classes is 1.
    public var probability: Double { exp(logProbability) }
  }
}

extension StoredModel {
  /// The predictions for images; pictures in files of their own are brought to the model's size, as those of
  /// dataset `image-folder` are.
  ///
  /// - Parameters:
  ///   - files: The images.
  ///   - top: The number of classes per image, ≥ 1.
  ///   - backend: The device.
  ///   - report: Called with events about the weights' names.
  /// - Throws: `FormatError` for an array of images of another size than the model's and for a file that is
  ///   damaged, `RecipeErrors` for a model that is not a classifier, `DataError`, `ModelError`, `WeightError`
  ///   or the device's errors.
  public func predict(
    _ files: [UnlabelledImages], top: Int, with backend: any Backend,
    report: (RunEvent) -> Void = { _ in }
  ) throws -> [Prediction] {
    guard let first = files.first else { return [] }
    let size = try size(for: first)
    return try predictions(
      for: files.map { (try $0.dataset(size, classNames: classNames), $0.files) }, .image(size),
      called: "picture", top: top, with: backend, report: report)
  }

  /// The predictions for examples.
  ///
  /// - Parameters:
  ///   - parts: Examples, each with their files and the number in each.
  ///   - kind: The name of an example in messages.
  func predictions(
    for parts: [(dataset: any Dataset, files: [(path: String, count: Int)])],
    _ examples: ExampleSpec, called kind: String, top: Int, with backend: any Backend,
    report: (RunEvent) -> Void
  ) throws -> [Prediction] {
    let session = Session(backend)
    let model = try classifier("predict", examples, session, report)
    let inference = Inference(session, model.store, pipeline: examples.pipeline())
    return try parts.flatMap { dataset, files -> [Prediction] in
      guard dataset.count > 0 else { return [] }
      let places = files.flatMap { file in (0..<file.count).map { (file.path, $0) } }
      let logits = try inference.outputs(dataset) {
        "\(kind) \(places[$0].1) of \(places[$0].0)"
      }[0]
      return places.enumerated().map { row, place in
        Prediction(
          path: place.0, index: place.1,
          classes: ranked(logits[row * classes..<(row + 1) * classes], top))
      }
    }
  }

  /// The `top` most probable classes by one row of logits.
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

  /// The size of the model's images; that of `first` if the configuration does not contain it.
  private func size(for first: UnlabelledImages) throws(FormatError) -> ImageSize {
    switch examples {
    case .image(let size): return size
    case .tokens:
      throw FormatError(
        first.path, .unsupported(what: "a picture", supported: "text, which '\(spec.model)' reads"))
    case nil: return first.size
    }
  }
}
