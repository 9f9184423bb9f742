import RetortSchema
import Testing

/// A map with a key of every sort, declared as a user would.
private struct Kettle: Configurable {
  enum Fuel: String, CaseIterable { case gas, coal }
  enum End: Equatable, Sendable { case minutes(Int), degrees(Double) }

  struct Lid: Configurable {
    var weight = 0.5
    static let keys: [Key<Lid>] = [
      .number("weight", \.weight, .positive(upTo: 2), "in kilograms").required()
    ]
    static let shorthand: String? = "weight"
  }

  var fuel: Fuel = .gas
  var grade = 3
  var sieve: Double?
  var end: End = .minutes(5)
  var lid: Lid?
  var isLoud = false
  var isBlue = false
  var label: String?
  var seed: UInt64?

  static let keys: [Key<Kettle>] =
    [
      .choice("fuel", \.fuel, "what burns").alias("burns"),
      .int("grade", \.grade, 1...5, "of the coal").only(with: "fuel", ["coal"]),
      .number("sieve", \.sieve, .unit, "of the grade").only(with: "grade", ["3", "4"]),
    ]
    + .oneOf(
      .int("minutes", \.minutes, 1...60, "how long"),
      .number("degrees", \.degrees, NumberRange(0, 100), "how hot"))
    + [
      .map("lid", \.lid, "on top"), .bool("loud", \.isLoud, "whether it whistles"),
      .text("label", \.label, "on the front"),
      .bool("blue", \.isBlue, "its colour").omittedAtDefault(),
      .seed("seed", \.seed, "of its noise"),
    ]

  var faults: [KeyFault] {
    isLoud && lid == nil ? [KeyFault("loud", "a loud kettle needs a lid")] : []
  }

  var minutes: Int? {
    get { if case .minutes(let count) = end { count } else { nil } }
    set { if let newValue { end = .minutes(newValue) } }
  }
  var degrees: Double? {
    get { if case .degrees(let heat) = end { heat } else { nil } }
    set { if let newValue { end = .degrees(newValue) } }
  }
}

/// Maps without YAML: texts are plain scalars.
private indirect enum Value: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  case text(String), map([(String, Value)])

  init(stringLiteral text: String) { self = .text(text) }
  init(dictionaryLiteral elements: (String, Value)...) { self = .map(elements) }

  var node: RecipeNode {
    let place = RecipeFault.Place.whole("k")
    switch self {
    case .text(let text):
      return RecipeNode(
        place: place, content: text == "null" ? .null : .scalar(text, isPlain: true))
    case .map(let entries):
      return RecipeNode(
        place: place,
        content: .map(
          entries.map { RecipeNode.Entry(key: $0.0, place: .override($0.0), value: $0.1.node) }))
    }
  }
}

private func read(_ value: Value) -> (kettle: Kettle, faults: [String]) {
  let faults = FaultList()
  let node = value.node.normalized(Kettle.mapInfo)
  let kettle = Kettle(from: MapReader(node, "kettle", faults))
  faults.settle()
  return (kettle, faults.sorted.map { "\($0.reason)" })
}

/// One declaration of a key decodes, checks, writes and explains it.
@Suite struct ConfigurableTests {
  @Test func anEmptyMapIsTheDefault() {
    let (kettle, faults) = read([:])
    #expect(kettle == Kettle() && faults.isEmpty)
    #expect(
      YAMLText.map(kettle.entries) == "{fuel: gas, minutes: 5, loud: false}")
  }

  @Test func everyKeyIsReadAndWritten() {
    let (kettle, faults) = read([
      "burns": "coal", "grade": "4", "sieve": "0.25", "degrees": "99.5", "lid": "1.5",
      "loud": "true", "label": "a: b", "blue": "true", "seed": "18446744073709551615",
    ])
    #expect(faults.isEmpty)
    #expect(kettle.lid == Kettle.Lid(weight: 1.5) && kettle.end == .degrees(99.5))
    #expect(
      YAMLText.map(kettle.entries)
        == "{fuel: coal, grade: 4, sieve: 0.25, degrees: 99.5, lid: {weight: 1.5}, loud: true, "
        + "label: \"a: b\", blue: true, seed: 18446744073709551615}")
  }

  @Test func everyFaultIsFoundAtOnce() {
    #expect(
      Set(
        read([
          "fuel": "gas", "grade": "2", "sieve": "1", "minutes": "0", "degrees": "many",
          "lid": [:], "laud": "true",
        ]).faults) == [
          "'grade' in 'kettle' means nothing with 'gas'; it goes with coal",
          "'sieve' in 'kettle' means nothing with 'gas'; it goes with coal",
          "'minutes' and 'degrees' exclude each other in 'kettle'. Keep one.",
          "'kettle.minutes' is 0; it must be from 1 to 60",
          "'kettle.degrees' must be a number, not 'many'", "'kettle.lid' lacks 'weight'",
          "unknown key 'laud' in 'kettle'. Did you mean 'loud'?",
        ])
  }

  /// Of keys that depend on a wrong one nothing more is said.
  @Test func aWrongKeyHidesWhatDependsOnIt() {
    #expect(
      read(["fuel": "peat", "grade": "9", "sieve": "9"]).faults
        == ["'kettle.fuel' is 'peat'; it must be gas or coal"])
  }

  @Test func rulesBetweenKeysHold() {
    #expect(read(["loud": "true"]).faults == ["a loud kettle needs a lid"])
    #expect(read(["loud": "yes"]).faults == ["'kettle.loud' must be true or false, not 'yes'"])
  }

  @Test func alternativesTakeEachOthersPlaceInMerging() {
    let base: Value = ["degrees": "50", "lid": ["weight": "1"], "label": "x"]
    let over: Value = ["minutes": "7", "label": "null"]
    let merged = base.node.merged(with: over.node, Kettle.mapInfo)
    #expect(merged.entries?.map(\.key) == ["lid", "minutes"])
    #expect(!base.node.keeps(["degrees"], below: over.node, Kettle.mapInfo))
    #expect(base.node.keeps(["lid", "weight"], below: over.node, Kettle.mapInfo))
  }

  @Test func keysAreExplained() throws {
    let info = Kettle.mapInfo
    #expect(info["fuel"]?.defaultText == "gas" && info["fuel"]?.type.allowed == "gas or coal")
    #expect(info["grade"]?.owners == ["coal"] && info["grade"]?.type.allowed == "from 1 to 5")
    #expect(info["sieve"]?.type.allowed == "from 0 to 1" && info["sieve"]?.defaultText == nil)
    #expect(info["minutes"]?.alternatives == ["degrees"])
    #expect(try #require(info.inner("lid")?["weight"]).isRequired)
  }

  @Test(arguments: [
    (NumberRange.positive(upTo: 2), [0, 2.5], [0.1, 2], "greater than 0 and at most 2"),
    (.belowOne, [-0.1, 1], [0, 0.5], "at least 0 and less than 1"),
    (.insideUnit, [0, 1], [0.5], "between 0 and 1"), (.unit, [-1, 2], [0, 1], "from 0 to 1"),
  ])
  func ranges(_ range: NumberRange, _ outside: [Double], _ inside: [Double], _ text: String) {
    #expect(range.description == text)
    #expect(!outside.contains(where: range.contains) && inside.allSatisfy(range.contains))
    #expect(!range.contains(.nan))
  }
}
