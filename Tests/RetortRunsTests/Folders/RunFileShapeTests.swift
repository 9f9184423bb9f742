import Foundation
import RetortFormats
import RetortRuns
import RetortTestSupport
import RetortTraining
import Testing

/// The keys of a run's JSON files: documented, and no others are taken.
@Suite struct RunFileShapeTests {
  @Test(arguments: [
    ("result", JSONShape.result), ("evaluation", .evaluation), ("explored", .explored),
    ("bounds", .bounds),
    ("metrics", .metrics), ("session", .session), ("config", .configuration),
  ])
  func theSchemaHasTheKeysThatAreRead(_ name: String, _ shape: JSONShape) throws {
    #expect(try JSONSchema(name).shape() == shape)
  }

  @Test func whatDoesNotFitASchemaIsFound() throws {
    let point = #"{"began":"2026","command":null,"device":null,"version":null,"revision":null}"#
    func check(_ text: String) throws {
      try JSONSchema("session").check(JSONValue.parse(Array(text.utf8)[...], path: "session"))
    }
    try check(point)
    for (part, wrong) in [
      ("\"2026\"", "2026"), ("\"command\":null,", ""), ("}", ",\"more\":1}"), ("null,", "[],"),
    ] {
      #expect(throws: JSONSchema.Fault.self, "\(wrong)") {
        try check(point.replacing(part, with: wrong, maxReplacements: 1))
      }
    }
  }

  /// `json` with a key more in one of its objects, for each of them; losses have any names.
  private func surplus(_ json: JSONValue) -> [JSONValue] {
    switch json {
    case .object(let members):
      return [.object(members + [.init("surplus", .null)])]
        + members.indices.filter { members[$0].key != "losses" }.flatMap { index in
          surplus(members[index].value).map { changed in
            var copy = members
            copy[index].value = changed
            return .object(copy)
          }
        }
    case .array(let elements):
      return elements.indices.flatMap { index in
        surplus(elements[index]).map { changed in
          var copy = elements
          copy[index] = changed
          return .array(copy)
        }
      }
    default: return []
    }
  }

  @Test func anUnknownKeyIsRefusedWhereverItStands() throws {
    let whole = RunFiles.make()
    var count = 0
    for (path, text) in whole where path.contains(".json") {
      let line = text.split(separator: "\n").first.map(String.init) ?? ""
      let content = path.hasSuffix("l") ? line : text
      for changed in surplus(try JSONValue.parse(Array(content.utf8)[...], path: path)) {
        var files = whole
        files[path] = changed.text + "\n"
        try RunFiles.withFolder(files) { folder in
          let error = #expect(throws: FormatError.self, "\(changed.text)") { try RunRecord(folder) }
          guard case .unknownKey("surplus", _) = error?.fault else {
            Issue.record("\(changed.text): \(String(describing: error))")
            return
          }
          #expect(error?.path.hasSuffix(path) == true)
        }
        count += 1
      }
    }
    #expect(count > 15)
  }
}
