import RetortCPU
import RetortCore
import RetortDistillation
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

@Suite struct TextDamageTests {
  private static let (batch, length) = (64, 13)
  private static let maskToken: Int32 = 99

  /// Texts of 2 to 13 tokens, all of them different.
  private static let texts: [[Int32]] = (0..<batch).map { row in
    (0..<Int32(2 + row % 12)).map { 100 + Int32(row) * 20 + $0 }
  }

  /// The damaged texts without padding.
  private func damaged(
    _ damage: TextDamage, seed: Int32 = 3, step: Int32 = 5, _ backend: any Backend = CPUBackend()
  ) throws -> [[Int32]] {
    let graph = Graph()
    func constant(_ values: [[Int32]]) -> Tensor {
      graph.constant(
        values.flatMap { $0 + [Int32](repeating: 0, count: Self.length - $0.count) },
        [Self.batch, Self.length])
    }
    let example = Example([
      ("tokens", constant(Self.texts)), ("mask", constant(Self.texts.map { $0.map { _ in 1 } })),
    ])
    let found = damage.applied(
      to: example, maskToken: Int(Self.maskToken),
      state: graph.constant([seed, 0, step] as [Int32], [3]), stream: 8)
    let program = try Session(backend).compile(
      graph, outputs: found.fields.map { $0.value.toFloat() })
    try program.run()
    let (tokens, mask) = (try program.floats(0), try program.floats(1))
    return (0..<Self.batch).map { row in
      let range = row * Self.length..<(row + 1) * Self.length
      let count = mask[range].prefix { $0 == 1 }.count
      #expect(mask[range].dropFirst(count).allSatisfy { $0 == 0 })
      return tokens[range].prefix(count).map { Int32($0) }
    }
  }

  @Test(arguments: [TextDamage(masked: 0.4), TextDamage(masked: 0.3, deleted: 0.2)])
  func textsKeepTheirEndsAndTheirOrder(_ damage: TextDamage) throws {
    let found = try damaged(damage)
    var (hidden, missing, inner) = (0, 0, 0)
    for (text, seen) in zip(Self.texts, found) {
      #expect(seen.first == text.first && seen.last == text.last)
      let told = seen.filter { $0 != Self.maskToken }
      #expect(told == text.filter(told.contains))
      hidden += seen.count - told.count
      missing += text.count - seen.count
      inner += text.count - 2
    }
    #expect(abs(Double(hidden) / Double(inner) - damage.masked) < 0.08)
    #expect(abs(Double(missing) / Double(inner) - damage.deleted) < 0.08)
  }

  @Test func damageIsAFunctionOfSeedAndStep() throws {
    let damage = TextDamage(masked: 0.3, deleted: 0.2)
    let found = try damaged(damage)
    #expect(try damaged(damage) == found)
    #expect(try damaged(damage, TestDevice.backend()) == found)
    #expect(try damaged(damage, step: 6) != found)
    #expect(try damaged(damage, seed: 4) != found)
  }

  @Test func nothingIsDamagedWithoutAShare() throws {
    #expect(try damaged(TextDamage(masked: 0)) == Self.texts)
    let none = try damaged(TextDamage(masked: 1))
    #expect(none.map(\.count) == Self.texts.map(\.count))
    #expect(none.allSatisfy { $0.dropFirst().dropLast().allSatisfy { $0 == Self.maskToken } })
    let ends = try damaged(TextDamage(masked: 0, deleted: 1))
    #expect(ends == Self.texts.map { [$0[0], $0[$0.count - 1]] })
  }
}
