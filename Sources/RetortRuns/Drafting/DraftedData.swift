import RetortCore
import RetortData
import RetortFormats
import RetortNN
import RetortRecipes
import RetortSchema

/// The `data` map of a drafted recipe.
enum DraftedData {
  /// The size of pictures in a folder for a teacher that takes any size.
  private static let usualSize = ImageSize(height: 224, width: 224, channels: 3)

  /// The examples that a teacher of no fixed size is given.
  ///
  /// - Throws: `DistilError.noData` for data that are neither a folder nor a dataset.
  static func usualExamples(of request: DistilRequest) throws -> ExampleSpec {
    if request.isFolder { return .image(usualSize) }
    guard let entry = DatasetCatalog.all[request.data], !entry.keys.contains(where: \.isRequired)
    else {
      let names = DatasetCatalog.all.entries.filter { !$0.keys.contains(where: \.isRequired) }
      throw DistilError.noData(request.data, datasets: names.map(\.name))
    }
    return entry.standard.examples
  }

  /// The entries that name the dataset.
  ///
  /// - Throws: `DistilError` for a folder that has not what the teacher reads, `FormatError`.
  static func entries(
    of request: DistilRequest, for teacher: StoredModel
  ) throws -> [YAMLEntry] {
    guard request.isFolder else { return [YAMLEntry("name", YAMLText.word(request.data))] }
    let folder = try FilePath.absolute(request.data)
    switch teacher.examples {
    case .tokens(let limit, _):
      let files = ["train.tsv", "test.tsv"]
      let missing = files.filter { !FileBytes.isReadable("\(folder)/\($0)") }
      guard missing.isEmpty else {
        throw DistilError.noTexts(folder: request.data, missing: missing)
      }
      let vocabulary = teacher.vocabularyPath ?? teacher.folder
      let texts = try LabelledText.read("\(folder)/\(files[0])").map(\.text)
      let tokenizer = teacher.fixesLength ? nil : teacher.tokenizer
      let length = tokenizer.map { Self.length(of: texts, $0, limit: limit) } ?? limit
      let lowercase = teacher.tokenizer?.list.map { YAMLEntry("lowercase", "\($0.lowercase)") }
      return [
        YAMLEntry("name", "text"),
        YAMLEntry("training", YAMLText.word("\(folder)/\(files[0])")),
        YAMLEntry("test", YAMLText.word("\(folder)/\(files[1])")),
        YAMLEntry("vocabulary", YAMLText.word(try FilePath.absolute(vocabulary))),
        YAMLEntry("length", "\(length)"),
      ] + [lowercase].compactMap(\.self)
    case .image(let size)?: return pictures(folder, size)
    case nil: return pictures(folder, usualSize)
    }
  }

  /// As many tokens as 99 of 100 texts have, up to a multiple of 8.
  private static func length(of texts: [String], _ tokenizer: Tokenizer, limit: Int) -> Int {
    let counts = texts.map { tokenizer.encode($0, length: limit).count }.sorted()
    guard let most = counts.last.map({ _ in counts[(counts.count - 1) * 99 / 100] }) else {
      return limit
    }
    return min(limit, max(8, most.roundedUp(toMultipleOf: 8)))
  }

  private static func pictures(_ folder: String, _ size: ImageSize) -> [YAMLEntry] {
    let width = size.width == size.height ? [] : [YAMLEntry("width", "\(size.width)")]
    return [
      YAMLEntry("name", "image-folder"), YAMLEntry("directory", YAMLText.word(folder)),
      YAMLEntry("size", "\(size.height)"),
    ] + width + [YAMLEntry("channels", "\(size.channels)")]
  }
}
