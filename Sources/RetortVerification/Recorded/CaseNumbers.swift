import RetortCore
import RetortFormats
import Synchronization

/// The numbers of a case: the metadata's `hyper`, and the other entries of a loss file.
///
/// It records the names that are read, so that unused ones can be rejected.
final class CaseNumbers: Sendable {
  private let hyper: JSONValue
  private let metadata: [String: String]
  private let shapes: [String: [Int]]
  /// The file's name.
  let path: String
  private let asked = Mutex<Set<String>>([])

  init(_ content: Safetensors) throws {
    metadata = content.metadata
    path = content.path
    shapes = content.tensors.mapValues(\.shape)
    hyper =
      try content.metadata["hyper"].map { text in
        let bytes = Array(text.utf8)
        return try JSONValue.parse(bytes[...], path: content.path, offset: 0)
      } ?? .object([])
  }

  /// The value of `name` in `hyper`, or of `map.name` for a member of a map; nil for null or none.
  func value(_ name: String) -> JSONValue? {
    asked.withLock { _ = $0.insert(name) }
    let found =
      hyper[name]
      ?? name.firstIndex(of: ".").flatMap {
        hyper[String(name[..<$0])]?[String(name[name.index(after: $0)...])]
      }
    return found == .null ? nil : found
  }

  /// The number `name`; nil if there is none.
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func optional(_ name: String, _ range: CaseRange = .finite) throws -> Double? {
    guard let value = value(name) else {
      return try metadata[name].flatMap(Double.init).map { try checked($0, name, range) }
    }
    guard let number = value.double else { throw wrong(name, value, range.description) }
    return try checked(number, name, range)
  }

  /// The number `name`.
  ///
  /// - Throws: `VerificationError.missingNumber` or `.outOfRange`.
  func required(_ name: String, _ range: CaseRange = .finite) throws -> Double {
    guard let value = try optional(name, range) else {
      throw VerificationError.missingNumber(name, file: path)
    }
    return value
  }

  /// The first extent of the tensor called `tensor`.
  ///
  /// - Throws: `VerificationError.missingNumber` where there is no such tensor, or a scalar.
  func extent(of tensor: String) throws -> Int {
    guard let extent = shapes[tensor]?.first else {
      throw VerificationError.missingNumber(tensor, file: path)
    }
    return extent
  }

  /// The Boolean `name`.
  ///
  /// - Throws: `VerificationError.outOfRange`.
  func flag(_ name: String, _ standard: Bool = false) throws -> Bool {
    guard let value = value(name) else { return standard }
    guard case .bool(let flag) = value else { throw wrong(name, value, "true or false") }
    return flag
  }

  /// The list of integers `name`; nil if there is none.
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

  /// Rejects numbers that the computation did not read.
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

  /// The number of steps; the tensor `record` must have one element per step.
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

  /// An integer option of one layer, such as the `stride` of `stem`; nil if there is none.
  ///
  /// `hyper` may hold it as `stem_stride`, as `stride: {stem: …}`, or for all layers as `stride`; the
  /// description under `model` may say `stem 3x3 stride 2`.
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

  /// An option as `integer`, from 1 to 65536.
  func count(_ word: String, of layer: String) throws -> Int? {
    try integer(word, of: layer).map {
      Int(try checked(Double($0), "\(layer)_\(word)", .whole(1...65536)))
    }
  }

  /// The integer after `word` in the model description's clause about `layer`.
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
