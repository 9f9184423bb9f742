import RetortCore
import RetortFormats
import Synchronization

/// The numbers of a case: those of the metadata's `hyper`, and plain entries of a loss file.
///
/// It notes what has been asked for, so that what nobody asked for can be refused.
final class CaseNumbers: Sendable {
  private let hyper: JSONValue
  private let metadata: [String: String]
  /// The file's name.
  let path: String
  private let asked = Mutex<Set<String>>([])

  init(_ content: Safetensors) throws {
    metadata = content.metadata
    path = content.path
    hyper =
      try content.metadata["hyper"].map { text in
        let bytes = Array(text.utf8)
        return try JSONValue.parse(bytes[...], path: content.path, offset: 0)
      } ?? .object([])
  }

  /// What `hyper` has under `name`, or within a map of it under `map.name`; nil for null.
  func value(_ name: String) -> JSONValue? {
    asked.withLock { _ = $0.insert(name) }
    let found =
      hyper[name]
      ?? name.firstIndex(of: ".").flatMap {
        hyper[String(name[..<$0])]?[String(name[name.index(after: $0)...])]
      }
    return found == .null ? nil : found
  }

  /// The number called `name`, if any.
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func optional(_ name: String, _ range: CaseRange = .finite) throws -> Double? {
    guard let value = value(name) else {
      return try metadata[name].flatMap(Double.init).map { try checked($0, name, range) }
    }
    guard let number = value.double else { throw wrong(name, value, range.description) }
    return try checked(number, name, range)
  }

  /// The number called `name`.
  ///
  /// - Throws: `VerificationError.missingNumber` or `.outOfRange`.
  func required(_ name: String, _ range: CaseRange = .finite) throws -> Double {
    guard let value = try optional(name, range) else {
      throw VerificationError.missingNumber(name, file: path)
    }
    return value
  }

  /// The truth value called `name`.
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func flag(_ name: String, _ standard: Bool = false) throws -> Bool {
    guard let value = value(name) else { return standard }
    guard case .bool(let flag) = value else { throw wrong(name, value, "true or false") }
    return flag
  }

  /// The whole numbers of the list called `name`, if any.
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func integers(_ name: String, _ range: ClosedRange<Int>) throws -> [Int]? {
    try value(name).map { value in
      let numbers = value.array?.compactMap(\.int) ?? []
      guard !numbers.isEmpty, numbers.count == value.array?.count,
        numbers.allSatisfy(range.contains)
      else {
        let allowed = "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)"
        throw wrong(name, value, allowed)
      }
      return numbers
    }
  }

  private func checked(_ value: Double, _ name: String, _ range: CaseRange) throws -> Double {
    guard range.contains(value) else {
      throw VerificationError.outOfRange(
        name, found: "\(value)", allowed: range.description, file: path)
    }
    return value
  }

  private func wrong(_ name: String, _ value: JSONValue, _ allowed: String) -> VerificationError {
    .outOfRange(name, found: value.text, allowed: allowed, file: path)
  }

  /// Refuses what the computation, as it has been built, did not ask for.
  ///
  /// - Throws: `VerificationError.unknownNumber`.
  func refuseUnknown() throws {
    let known = asked.withLock { $0 }
    for member in hyper.members ?? [] {
      let names = member.value.members?.map { "\(member.key).\($0.key)" } ?? [member.key]
      for name in names where !known.contains(name) {
        throw VerificationError.unknownNumber(
          name, nearest: nearestNames(to: name, in: known.sorted()), file: path)
      }
    }
  }

  /// The number of steps, of which the tensor `record` has one number each.
  ///
  /// - Throws: `VerificationError`, or `FormatError` where there is no such tensor.
  func steps(
    atLeast least: Int = 1, recordedIn record: String, of content: Safetensors
  ) throws -> Int {
    let steps = Int(try required("steps", .whole(least...1_000_000)))
    let shape = try content.tensor(record).shape
    guard shape == [steps] else {
      throw VerificationError.wrongShape(
        tensor: record, shape: shape, wanted: "[\(steps)], a number for each step", file: path)
    }
    return steps
  }

  /// A whole number of one layer, such as the `stride` of `stem`.
  ///
  /// `hyper` may hold it as `stem_stride`, as `stride: {stem: …}` or for all as `stride`; the
  /// prose under `model` may say `stem 3x3 stride 2`.
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func integer(_ word: String, of layer: String) throws -> Int? {
    let names = [
      "\(layer)_\(word)", "\(layer).\(word)", "\(word).\(layer)", "\(word)s.\(layer)", word,
    ]
    for name in names {
      guard let value = value(name), value.members == nil else { continue }
      guard let number = value.int else { throw wrong(name, value, "a whole number") }
      return number
    }
    return prose(word, of: layer)
  }

  /// As `integer`, of at least 1 and at most 65536.
  func count(_ word: String, of layer: String) throws -> Int? {
    try integer(word, of: layer).map {
      Int(try checked(Double($0), "\(layer)_\(word)", .whole(1...65536)))
    }
  }

  /// The whole number after `word` in what the prose says of `layer`, up to the next comma.
  private func prose(_ word: String, of layer: String) -> Int? {
    var depth = 0
    var clauses = [""]
    for character in metadata["model"] ?? "" {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if depth == 0, character == "," || character == ";" {
        clauses.append("")
      } else {
        clauses[clauses.count - 1].append(character)
      }
    }
    for clause in clauses {
      let words = clause.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      guard words.first.map(String.init) == layer,
        let place = words.firstIndex(where: { $0 == word })
      else { continue }
      return words.dropFirst(place + 1).first.flatMap { Int($0) }
    }
    return nil
  }
}
