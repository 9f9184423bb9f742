import RetortCore
import RetortFormats
import RetortNN

/// Labelled texts in memory, as token ids.
public struct TextDataset: Dataset, Equatable {
  /// The name in messages and result files.
  public let name: String
  /// The number of ids per example, padding included.
  public let length: Int
  /// The class of each text, `[count]`, from 0.
  public let labels: [Int32]
  /// The names of the classes, by class number.
  public let classNames: [String]
  /// The ids of all texts, concatenated without padding.
  private let ids: [Int32]
  /// The offset of each text in `ids`, then the end of the last.
  private let starts: [Int]
  /// The id that fills up shorter sequences.
  private let padding: Int32

  /// Texts encoded by `tokenizer`; every label must have a class name.
  ///
  /// - Parameters:
  ///   - name: The name in messages and result files.
  ///   - texts: The texts, `[count]`.
  ///   - labels: The class of each, `[count]`, from 0.
  ///   - classNames: The names of the classes, by class number.
  ///   - tokenizer: The tokenizer of the texts.
  ///   - length: The number of ids per text, ≥ 2: longer texts are truncated, shorter ones padded.
  public init(
    name: String, texts: [String], labels: [Int32], classNames: [String], tokenizer: Tokenizer,
    length: Int
  ) {
    var ids: [Int32] = []
    var starts = [0]
    for text in texts {
      ids += tokenizer.encode(text, length: length)
      starts.append(ids.count)
    }
    self.init(name, length, labels, classNames, ids, starts, tokenizer.padding)
  }

  private init(
    _ name: String, _ length: Int, _ labels: [Int32], _ classNames: [String], _ ids: [Int32],
    _ starts: [Int], _ padding: Int32
  ) {
    precondition(starts.count == labels.count + 1, "a TextDataset has a label for each text")
    precondition(
      labels.allSatisfy { $0 >= 0 && Int($0) < classNames.count },
      "every label of a TextDataset must name a class")
    (self.name, self.length, self.labels, self.classNames) = (name, length, labels, classNames)
    (self.ids, self.starts, self.padding) = (ids, starts, padding)
  }

  /// The same texts with no more padding than the longest needs, up to a multiple of 8 ids.
  ///
  /// Models that take no notice of padding compute the same, faster.
  package var shortened: TextDataset {
    let longest = zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0
    let enough = min(length, max(8, longest.roundedUp(toMultipleOf: 8)))
    return TextDataset(name, enough, labels, classNames, ids, starts, padding)
  }

  /// `tokens`, int32 `[length]`, and `mask`, int32 `[length]`: 1 for tokens, 0 for padding.
  public var fields: [Field] {
    [Field("tokens", [length], .int32), Field("mask", [length], .int32)]
  }

  /// Writes the padded ids of text `index`, or its mask.
  public func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {
    let own = ids[starts[index]..<starts[index + 1]]
    let values = target.bindMemory(to: Int32.self)
    for (place, id) in own.enumerated() { values[place] = field == 0 ? id : 1 }
    for place in own.count..<length { values[place] = field == 0 ? padding : 0 }
  }

  /// The texts at `indices`, in that order.
  public func subset(_ indices: [Int], name: String?) -> TextDataset {
    var chosen: [Int32] = []
    var ends = [0]
    for index in indices {
      chosen += ids[starts[index]..<starts[index + 1]]
      ends.append(chosen.count)
    }
    return TextDataset(
      name ?? self.name, length, indices.map { labels[$0] }, classNames, chosen, ends,
      padding)
  }
}
