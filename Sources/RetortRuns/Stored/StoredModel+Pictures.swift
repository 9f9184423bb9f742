import RetortCore
import RetortData
import RetortModels
import RetortTraining

extension StoredModel {
  /// The metrics of the model on a folder of pictures, whose folders are named as its classes.
  ///
  /// - Parameters:
  ///   - path: A folder with one for each class, or with the parts of a set, of which `test` is taken, or
  ///     `validation` where there is none.
  ///   - backend: The device.
  ///   - report: Called with events about the weights' names.
  /// - Throws: `DataError` for a picture that cannot be read or a folder that is not a class; `ModelError` for a
  ///   model that sees no pictures, `WeightError` or the device's errors.
  public func evaluate(
    onPictures path: String, with backend: any Backend, report: (RunEvent) -> Void = { _ in }
  ) throws -> Evaluation {
    guard case .image(let size) = examples else {
      throw ModelError.unfit(
        model: spec.model,
        reason: "it reads \(examples?.description ?? "examples of no known size"), not pictures")
    }
    // Of a model without names the classes are numbers, in the order of the folders.
    let isNamed = classNames != (0..<classes).map { "\($0)" }
    let dataset = try PictureDataset(
      folder: path, fit: PictureFit(size), classNames: isNamed ? classNames : nil)
    return try evaluate(dataset, .image(size), of: path, with: backend, report: report)
  }
}
