/// What is wrong with a file, and where in it.
public struct FormatError: Error, Equatable, Sendable {
  /// The file, or the caller's name for bytes that came from elsewhere.
  public var path: String
  /// The byte offset of the fault, counted from the file's first byte, where one is known.
  public var offset: Int?
  /// The part of the file that is at fault, such as `tensor 'fc.weight', data_offsets`.
  public var field: String?
  /// What is wrong.
  public var fault: Fault

  /// The ways in which a file can be at fault; facts only, the text is made by `description`.
  public enum Fault: Equatable, Sendable {
    /// A system call failed with this `errno`.
    case system(call: String, code: Int32)
    /// The path names a directory, a device or a pipe.
    case notARegularFile
    /// The bytes end too early.
    case truncated(needed: Int, available: Int)
    /// A length exceeds what is allowed; guards against files that ask for all memory.
    case tooLarge(found: UInt64, limit: UInt64)
    /// The file is of another kind.
    case wrongMagic(expected: String, found: String)
    /// The file is of another kind, which is known.
    case foreign(String, wayOut: String)
    /// The text is not JSON.
    case notJSON(String)
    /// The value has another type than the format demands.
    case wrongType(expected: String, found: String)
    /// An entry that the format demands is absent.
    case missingKey(String)
    /// A key that the format does not have.
    case unknownKey(String, nearest: String?)
    /// One key stands twice.
    case duplicateKey(String)
    /// A dimension is below zero.
    case negativeDimension(String)
    /// The product of the dimensions does not fit.
    case sizeOverflow(shape: [Int])
    /// The byte range runs backwards.
    case reversedRange(begin: Int, end: Int)
    /// The byte range leaves the file.
    case rangeOutside(begin: Int, end: Int, available: Int)
    /// Two entries claim the same bytes.
    case overlap(with: String)
    /// Bytes that belong to nobody lie before this entry.
    case gap(byteCount: Int)
    /// Shape and byte count disagree.
    case lengthMismatch(expected: Int, found: Int)
    /// Bytes follow the end of the content.
    case trailingBytes(Int)
    /// The format is fine but uses what Retort does not read.
    case unsupported(what: String, supported: String)
    /// A codec says that the content is damaged, in its own words.
    case corrupt(String)
    /// No tensor has this name.
    case missingTensor(nearest: [String])
    /// A tensor's elements cannot be given in the type asked for.
    case notConvertible(from: String, to: String)
    /// Where text must stand there is none.
    case empty
    /// The bytes of a line are no UTF-8 text.
    case notUTF8
    /// A line of examples has so many columns, not a text and a label.
    case columns(Int)
    /// Behind the tab of a line of examples stands nothing.
    case emptyLabel
    /// A vocabulary lacks a token that every text needs.
    case missingToken(String)
    /// A token of a vocabulary stands in an earlier line too.
    case duplicateToken(String, line: Int)
    /// The token that fills sequences up is not the first.
    case paddingNotFirst(line: Int)
    /// A line of a vocabulary has no token.
    case emptyToken
  }

  /// Makes an error about `path`.
  public init(_ path: String, at offset: Int? = nil, in field: String? = nil, _ fault: Fault) {
    self.path = path
    self.offset = offset
    self.field = field
    self.fault = fault
  }
}
