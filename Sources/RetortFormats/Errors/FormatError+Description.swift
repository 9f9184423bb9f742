import Glibc

extension FormatError: CustomStringConvertible {
  /// One line: the place, the fault, and a remedy.
  public var description: String {
    var place = [path]
    if let offset { place.append("byte \(offset)") }
    if let field { place.append(field) }
    return place.joined(separator: ": ") + ": " + fault.what + ". " + fault.wayOut
  }
}

extension FormatError.Fault {
  fileprivate var what: String {
    switch self {
    case .system(let call, let code): "\(call) failed: \(errorText(code))"
    case .notARegularFile: "not a regular file"
    case .truncated(let needed, let available):
      "\(needed) bytes are needed here, \(available) are left"
    case .tooLarge(let found, let limit): "\(found) is over the limit of \(limit)"
    case .wrongMagic(let expected, let found): "begins with \(found), not with \(expected)"
    case .foreign(let kind, _): "this is \(kind)"
    case .notJSON(let reason): "not JSON: \(reason)"
    case .wrongType(let expected, let found): "must be \(expected), is \(found)"
    case .missingKey(let key): "'\(key)' is missing"
    case .unknownKey(let key, let nearest):
      "unknown key '\(key)'" + (nearest.map { ", the nearest is '\($0)'" } ?? "")
    case .duplicateKey(let key): "'\(key)' stands twice"
    case .negativeDimension(let text): "dimension \(text) is negative"
    case .sizeOverflow(let shape): "shape \(shape) has more bytes than can be counted"
    case .reversedRange(let begin, let end): "range \(begin) to \(end) ends before it begins"
    case .rangeOutside(let begin, let end, let available):
      "range \(begin) to \(end) leaves the \(available) bytes of data"
    case .overlap(let other): "shares bytes with \(other)"
    case .gap(let count): "\(count) bytes before it belong to no tensor"
    case .lengthMismatch(let expected, let found):
      "\(expected) bytes follow from the shape, \(found) are given"
    case .trailingBytes(let count): "\(count) bytes follow the end of the content"
    case .unsupported(let what, _): "\(what) is not supported"
    case .corrupt(let reason): "the content is damaged: \(reason)"
    case .missingTensor(let nearest):
      nearest.isEmpty
        ? "no such tensor; the file has none"
        : "no such tensor; the nearest \(nearest.count == 1 ? "is" : "are") \(nearest.map { "'\($0)'" }.joined(separator: ", "))"
    case .notConvertible(let from, let to): "\(from) elements cannot be read as \(to)"
    case .empty: "the file is empty"
    case .notUTF8: "not UTF-8 text"
    case .columns(let found):
      found == 1 ? "no tab stands between a text and its label" : "\(found) columns, not two"
    case .emptyLabel: "the label is empty"
    case .missingToken(let token): "token '\(token)' is missing"
    case .duplicateToken(let token, let line): "token '\(token)' stands in line \(line) already"
    case .paddingNotFirst(let line): "token '[PAD]' stands in line \(line), not in the first"
    case .emptyToken: "there is no token in it"
    }
  }

  fileprivate var wayOut: String {
    switch self {
    case .system(_, let code):
      switch code {
      case ENOENT: "Check the path."
      case EACCES, EPERM: "Check the permissions of the file and its folder."
      case ENOSPC, EDQUOT: "Free some disk space."
      case EFBIG: "Raise the limit on file sizes ('ulimit -f')."
      case EROFS: "Choose a folder that can be written to."
      default: "Check the disk and the path."
      }
    case .notARegularFile: "Give the path of a file."
    case .truncated, .corrupt, .trailingBytes, .rangeOutside:
      "The file was cut short or damaged; copy or download it again."
    case .tooLarge: "If the file can be trusted, it is too big for this reader; split it."
    case .wrongMagic: "Check that this is the right file."
    case .foreign(_, let wayOut): wayOut
    case .unknownKey: "Remove or correct it; a newer version of Retort may have written it."
    case .notJSON, .wrongType, .missingKey, .duplicateKey, .negativeDimension, .sizeOverflow,
      .reversedRange, .overlap, .gap, .lengthMismatch:
      "The program that wrote the file broke the format; write it again with another."
    case .unsupported(_, let supported): "Supported: \(supported)."
    case .missingTensor: "Check that the file belongs to this model ('retort inspect' lists it)."
    case .notConvertible: "Write the tensor again in a fitting type."
    case .empty: "Check that this is the right file."
    case .notUTF8: "Save the file as UTF-8."
    case .columns: "Each line must be a text, a tab and a label."
    case .emptyLabel: "Write a label, or remove the line."
    case .missingToken, .duplicateToken, .paddingNotFirst, .emptyToken:
      "A vocabulary has one token a line, each once: [PAD] first, [UNK], [CLS] and [SEP] anywhere."
    }
  }
}

/// The system's text for an `errno` value.
package func errorText(_ code: Int32) -> String {
  String(cString: strerror(code))
}

/// Bytes as decimal numbers, for messages.
func listed(_ bytes: ArraySlice<UInt8>) -> String {
  bytes.isEmpty ? "nothing" : bytes.map { "\($0)" }.joined(separator: " ")
}
