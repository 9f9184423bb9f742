import RetortFormats
import RetortNN
import RetortRecipes

/// What `preprocessor_config.json` says of the pictures that a published classifier reads.
///
/// Pictures of other sizes are brought to that size as `PictureFit` does it, whatever the file's way of scaling.
package struct HuggingFacePreprocessing {
  /// The height and width; nil where the file is missing or does not say.
  var size: (height: Int, width: Int)?
  /// The normalisation; nil for none.
  var normalization: NormalizationSpec?

  /// Reads the file in `folder`; nothing is said where there is none.
  ///
  /// - Throws: `FormatError` for a file that is damaged, or that scales samples otherwise than to 0…1.
  package init(in folder: String) throws(FormatError) {
    let path = folder + "/preprocessor_config.json"
    guard FileBytes.isReadable(path) else { return }
    let json = try JSONValue.read(path, limit: 1 << 20)
    if json["do_rescale"]?.bool == false {
      throw FormatError(path, in: "do_rescale", .unsupported(what: "false", supported: "true"))
    }
    if let factor = json["rescale_factor"]?.double, abs(factor * 255 - 1) > 1e-6 {
      throw FormatError(
        path, in: "rescale_factor", .unsupported(what: "\(factor)", supported: "1/255"))
    }
    let isCropped = json["do_center_crop"]?.bool ?? (json["crop_size"] != nil)
    size = try Self.size(json, isCropped && json["crop_size"] != nil ? "crop_size" : "size", path)
    guard json["do_normalize"]?.bool ?? (json["image_mean"] != nil) else { return }
    let lists = ["image_mean", "image_std"].map { json[$0]?.array?.compactMap(\.double) ?? [] }
    guard lists[0].count == lists[1].count, [1, 3].contains(lists[0].count),
      lists.joined().allSatisfy(\.isFinite), lists[1].allSatisfy({ $0 > 0 })
    else {
      throw FormatError(
        path, in: "image_mean",
        .wrongType(
          expected: "one or three numbers, and as many above 0 as image_std",
          found: json["image_mean"]?.text ?? "nothing"))
    }
    normalization = NormalizationSpec(mean: lists[0], deviation: lists[1])
  }

  /// A number, or an object of `height` and `width`, or of `shortest_edge`.
  private static func size(
    _ json: JSONValue, _ key: String, _ path: String
  ) throws(FormatError) -> (height: Int, width: Int)? {
    guard let value = json[key], value != .null else { return nil }
    let side = value.int ?? value["shortest_edge"]?.int
    guard let height = side ?? value["height"]?.int, let width = side ?? value["width"]?.int,
      (1...65_536).contains(height), (1...65_536).contains(width)
    else {
      throw FormatError(
        path, in: key, .wrongType(expected: "a height and a width", found: value.text))
    }
    return (height, width)
  }
}
