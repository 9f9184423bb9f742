import RetortCore
import RetortFormats
import RetortNN

/// Pairs of texts that belong together, such as a question and its answer, in memory as token ids.
///
/// All pairs are of one class, which says nothing.
public struct TextPairs: Dataset, Equatable {
  /// The first text of pair `i` at `2i`, the second behind it.
  private let texts: TextDataset
  /// The class of each pair, 0.
  public let labels: [Int32]

  /// Pairs encoded by `tokenizer`.
  ///
  /// - Parameters:
  ///   - name: The name in messages and result files.
  ///   - pairs: The pairs: what is looked for by, and what is to be found.
  ///   - tokenizer: The tokenizer of the texts.
  ///   - length: The number of ids per text, ≥ 2: longer texts are truncated, shorter ones padded.
  public init(
    name: String, _ pairs: [(query: String, document: String)], tokenizer: Tokenizer, length: Int
  ) {
    self.init(
      TextDataset(
        name: name, texts: pairs.flatMap { [$0.query, $0.document] },
        labels: Array(repeating: 0, count: 2 * pairs.count), classNames: ["pair"],
        tokenizer: tokenizer, length: length))
  }

  /// Reads the pairs that `path` leads to, as dataset `text-pairs` does.
  ///
  /// - Throws: `DataError` for a file that cannot be read or has no pairs.
  package init(path: String, tokenizer: Tokenizer, length: Int) throws(DataError) {
    let pairs = try asDataError { () throws(FormatError) in try TextPair.readAny(path) }
    self.init(
      name: path, pairs.map { ($0.query, $0.document) }, tokenizer: tokenizer, length: length)
  }

  /// The same pairs with no more padding than the longest text needs; see `TextDataset.shortened`.
  package var shortened: TextPairs { TextPairs(texts.shortened) }
  /// The number of ids per text, padding included.
  public var length: Int { texts.length }

  private init(_ texts: TextDataset) {
    self.texts = texts
    labels = Array(repeating: 0, count: texts.count / 2)
  }

  /// The name in messages and result files.
  public var name: String { texts.name }
  /// One class.
  public var classNames: [String] { texts.classNames }
  /// Two texts.
  public var parts: Int { 2 }

  /// `tokens` and `mask`, int32 `[2, length]` each: first the query, then the document.
  public var fields: [Field] {
    texts.fields.map { Field($0.name, Shape([parts] + $0.shape.dimensions), $0.dtype) }
  }

  /// Writes the padded ids of both texts of pair `index`, or their masks.
  public func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {
    let size = texts.fields[field].byteCount
    for part in 0..<parts {
      texts.write(
        index * parts + part, field: field,
        into: UnsafeMutableRawBufferPointer(rebasing: target[part * size..<(part + 1) * size]))
    }
  }

  /// The pairs at `indices`, in that order.
  public func subset(_ indices: [Int], name: String?) -> TextPairs {
    TextPairs(texts.subset(indices.flatMap { [2 * $0, 2 * $0 + 1] }, name: name))
  }
}
