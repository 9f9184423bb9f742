import Foundation
import RetortFormats

/// A schema of `Documentation/schemas`, as much of JSON Schema as those use.
package struct JSONSchema {
  /// What is wrong, and where.
  package struct Fault: Error, CustomStringConvertible {
    package let description: String
  }

  private static let notes: Set = ["$schema", "$defs", "title", "description"]
  private let root: JSONValue
  private let node: JSONValue
  private let file: String

  /// The schema in `NAME.schema.json`, or the one that `path` leads to in it, such as `#/$defs/check`.
  package init(_ name: String, _ path: String = "#") throws {
    file = name + ".schema.json"
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Documentation/schemas").standardized.path
    root = try JSONValue.parse(try FileBytes.read("\(folder)/\(file)")[...], path: file)
    node = try Self.follow(path, in: root, file)
  }

  private init(_ root: JSONValue, _ node: JSONValue, _ file: String) {
    (self.root, self.node, self.file) = (root, node, file)
  }

  private static func follow(_ path: String, in root: JSONValue, _ file: String) throws -> JSONValue
  {
    try path.split(separator: "/").dropFirst().reduce(root) { node, key in
      guard let next = node[String(key)] else { throw Fault(description: "\(file): no \(path)") }
      return next
    }
  }

  /// Without references at its top.
  private func resolved() throws -> JSONSchema {
    guard let reference = node["$ref"]?.string else { return self }
    let parts = reference.components(separatedBy: "#")
    let target =
      parts[0].isEmpty
      ? JSONSchema(root, try Self.follow("#" + parts[1], in: root, file), file)
      : try JSONSchema(parts[0].replacing(".schema.json", with: ""), "#" + parts[1])
    return try target.resolved()
  }

  private func inner(_ node: JSONValue) throws -> JSONSchema {
    try JSONSchema(root, node, file).resolved()
  }

  /// Checks `json` and everything in it.
  ///
  /// - Throws: `Fault` for the first value that does not fit, and for a keyword that is not known here.
  package func check(_ json: JSONValue, at place: String = "$") throws {
    let schema = try resolved()
    guard schema.node != node || schema.file != file else { return try checkHere(json, place) }
    try schema.checkHere(json, place)
  }

  private func checkHere(_ json: JSONValue, _ place: String) throws {
    func require(_ isGood: Bool, _ what: String) throws {
      if !isGood { throw Fault(description: "\(file): \(place) \(what): \(json.text.prefix(80))") }
    }
    for keyword in node.members ?? [] where !Self.notes.contains(keyword.key) {
      let value = keyword.value
      switch keyword.key {
      case "type":
        let types = value.string.map { [$0] } ?? (value.array ?? []).compactMap(\.string)
        try require(
          types.contains { Self.isOf($0, json) }, "is no \(types.joined(separator: ", "))")
      case "enum": try require(value.array?.contains(json) == true, "is none of \(value.text)")
      case "minimum":
        if let number = json.double {
          try require(number >= value.double ?? .infinity, "is too small")
        }
      case "maximum":
        if let number = json.double {
          try require(number <= value.double ?? -.infinity, "is too large")
        }
      case "minItems": try require(json.array?.count ?? 0 >= value.int ?? .max, "is too short")
      case "maxItems": try require(json.array?.count ?? 0 <= value.int ?? -1, "is too long")
      case "minProperties":
        try require(json.members?.count ?? 0 >= value.int ?? .max, "is too small")
      case "pattern":
        let regex = try Regex(value.string ?? "")
        if let text = json.string {
          try require(text.firstMatch(of: regex) != nil, "is no \(value.text)")
        }
      case "required":
        guard let members = json.members else { continue }
        for key in (value.array ?? []).compactMap(\.string) {
          try require(members.contains { $0.key == key }, "lacks '\(key)'")
        }
      case "items":
        for (index, element) in (json.array ?? []).enumerated() {
          try inner(value).checkHere(element, "\(place)[\(index)]")
        }
      case "properties":
        for member in json.members ?? [] {
          guard let property = value[member.key] else { continue }
          try inner(property).checkHere(member.value, "\(place).\(member.key)")
        }
      case "additionalProperties":
        for member in json.members ?? [] where node["properties"]?[member.key] == nil {
          try require(value != .bool(false), "has the unknown key '\(member.key)'")
          try inner(value).checkHere(member.value, "\(place).\(member.key)")
        }
      case "oneOf":
        let faults = try (value.array ?? []).map { try inner($0) }.compactMap { schema -> String? in
          do {
            try schema.checkHere(json, place)
            return nil
          } catch { return "\(error)" }
        }
        try require(
          faults.count + 1 == value.array?.count,
          "fits \(faults.joined(separator: "; ")), or several")
      default: throw Fault(description: "\(file): unknown keyword '\(keyword.key)'")
      }
    }
  }

  private static func isOf(_ type: String, _ json: JSONValue) -> Bool {
    switch type {
    case "null": json == .null
    case "boolean": json == .bool(true) || json == .bool(false)
    case "string": json.string != nil
    case "array": json.array != nil
    case "object": json.members != nil
    case "number": json.double?.isFinite == true
    // As the standard has it, 1.0 is one too.
    case "integer": json.double.map { $0 == $0.rounded() } == true
    default: false
    }
  }

  /// Which keys it allows, to be compared with what readers know.
  package func shape() throws -> JSONShape {
    let node = try resolved().node
    let (root, file) = (try resolved().root, try resolved().file)
    if let choices = node["oneOf"]?.array {
      let known = choices.filter { $0["type"]?.string != "null" }
      guard known.count == 1 else { throw Fault(description: "\(file): several shapes") }
      return try JSONSchema(root, known[0], file).shape()
    }
    if let items = node["items"] {
      let element = try JSONSchema(root, items, file).shape()
      if case .value = element { return .value }
      return .list(element)
    }
    guard let properties = node["properties"]?.members else {
      guard let named = node["additionalProperties"], named.members != nil else { return .value }
      let element = try JSONSchema(root, named, file).shape()
      if case .value = element { return .value }
      return .map(element)
    }
    return .object(
      try Dictionary(
        uniqueKeysWithValues: properties.map { member in
          (member.key, try JSONSchema(root, member.value, file).shape())
        }))
  }
}
