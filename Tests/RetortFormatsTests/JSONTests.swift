import RetortFormats
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws(FormatError) -> JSONValue {
    try JSONValue.parse(Array(text.utf8)[...], path: "damaged")
  }

  @Test func everyKindOfValue() throws {
    let value = try parse(
      #" {"a":[1,-2.5e+3,0],"b":{"c":null,"d":true,"e":false},"f":"\u00e9\n\"\\\/\ud83d\ude00"} "#)
    #expect(value["a"]?.array?.map(\.double) == [1, -2500, 0])
    #expect(value["a"]?.array?.map(\.int) == [1, nil, 0])
    #expect(
      value["b"] == .object([.init("c", .null), .init("d", .bool(true)), .init("e", .bool(false))]))
    #expect(value["f"]?.string == "é\n\"\\/😀")
    #expect(value["g"] == nil)
    #expect(try parse("[]") == .array([]))
    #expect(try parse("{ }") == .object([]))
  }

  @Test func textComesBack() throws {
    let text = #"{"a":[1,2.50,null],"b\n\u0001\"":"é\\"}"#
    #expect(try parse(text).text == text)
  }

  @Test(arguments: [
    ("", 0), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1), ("01", 1),
    ("1.", 2), ("-", 0), ("1e", 2), ("+1", 0), (".5", 0), ("nul", 0), ("True", 0), ("\"a", 2),
    ("\"\\x\"", 3), ("\"\\u12g4\"", 3), ("\"\\ud800\"", 7), ("\"\\ud800\\u0041\"", 13),
    ("\"\\udc00\"", 7), ("\"\u{1}\"", 1), ("1 1", 2), ("NaN", 0), ("'a'", 0), ("[1]]", 3),
  ])
  func refused(_ text: String, offset: Int) {
    let error = #expect(throws: FormatError.self) { try parse(text) }
    #expect(error?.offset == offset)
    guard case .notJSON = error?.fault else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aKeyThatStandsTwice() {
    let error = #expect(throws: FormatError.self) { try parse(#"{"a":1,"b":2,"a":3}"#) }
    #expect(error?.fault == .duplicateKey("a"))
    #expect(error?.offset == 13)
  }

  @Test func deepNestingIsRefusedNotFollowed() {
    for depth in [65, 100_000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      let error = #expect(throws: FormatError.self) { try parse(text) }
      #expect(error?.fault == .notJSON("nested deeper than 64"))
    }
    let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: Never.self) { try parse(deep) }
  }

  @Test func stringsAreUTF8() {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
      #expect(throws: FormatError.self) {
        try JSONValue.parse(([0x22] + bytes + [0x22])[...], path: "damaged")
      }
    }
  }
}
