/// A fault in a file, and its place.
public struct FormatError: Error, Equatable, Sendable {
  /// The path of the file, or a name for bytes from elsewhere.
  public var path: String
  /// The byte offset of the fault from the file's start; nil if unknown.
  public var offset: Int?
  /// The part of the file that is at fault, such as `tensor 'fc.weight', data_offsets`.
  public var field: String?
  /// The kind of fault.
  public var fault: Fault

  /// The kinds of faults, as facts; `description` makes the text.
  public enum Fault: Equatable, Sendable {
    /// A system call failed with this `errno`.
    case system(call: String, code: Int32)
    /// The path names a directory, a device or a pipe.
    case notARegularFile
    /// The bytes end early.
    case truncated(needed: Int, available: Int)
    /// A length exceeds the limit, which guards against files that would exhaust memory.
    case tooLarge(found: UInt64, limit: UInt64)
    /// The file is of another kind.
    case wrongMagic(expected: String, found: String)
    /// The file is of another, known kind.
    case foreign(String, wayOut: String)
    /// The text is not JSON.
    case notJSON(String)
    /// The value has another type than the format demands.
    case wrongType(expected: String, found: String)
    /// An entry that the format demands is absent.
    case missingKey(String)
    /// A key the format does not define.
    case unknownKey(String, nearest: String?)
    /// A key occurs twice.
    case duplicateKey(String)
    /// A dimension is below zero.
    case negativeDimension(String)
    /// The product of the dimensions overflows.
    case sizeOverflow(shape: [Int])
    /// The byte range ends before it begins.
    case reversedRange(begin: Int, end: Int)
    /// The byte range exceeds the file.
    case rangeOutside(begin: Int, end: Int, available: Int)
    /// Two entries share bytes.
    case overlap(with: String)
    /// Bytes before this entry belong to no entry.
    case gap(byteCount: Int)
    /// Shape and byte count disagree.
    case lengthMismatch(expected: Int, found: Int)
    /// Bytes follow the end of the content.
    case trailingBytes(Int)
    /// The file is valid but uses a feature that Retort does not read.
    case unsupported(what: String, supported: String)
    /// The content is damaged, in the words of the codec.
    case corrupt(String)
    /// No tensor has this name.
    case missingTensor(nearest: [String])
    /// A tensor's elements cannot be converted to the requested type.
    case notConvertible(from: String, to: String)
    /// The file has no text where some is required.
    case empty
    /// The bytes of a line are not UTF-8.
    case notUTF8
    /// A line of examples has this many columns instead of two, text and label.
    case columns(Int)
    /// A line of examples has no label after the tab.
    case emptyLabel
    /// A vocabulary lacks a token that every text needs.
    case missingToken(String)
    /// A token of a vocabulary repeats that of an earlier line.
    case duplicateToken(String, line: Int)
    /// The padding token is not the first of the vocabulary.
    case paddingNotFirst(line: Int)
    /// A line of a vocabulary has no token.
    case emptyToken
  }

  /// A fault in `path`.
  public init(_ path: String, at offset: Int? = nil, in field: String? = nil, _ fault: Fault) {
    self.path = path
    self.offset = offset
    self.field = field
    self.fault = fault
  }
}
