import Testing

@Suite struct HelperTests {
  @Test func closenessFailsOnEveryKindOfFault() {
    let expected = [1.0, 2, .nan, .infinity]
    #expect(fault(expected, expected, tolerance: 1e-9) == nil)
    #expect(fault([1, 2, .nan], expected, tolerance: 1e-9) != nil)
    #expect(fault([1, 2.1, .nan, .infinity], expected, tolerance: 1e-9) != nil)
    #expect(fault([2, 1, .nan, .infinity], expected, tolerance: 1e-9) != nil)
    #expect(fault([1, .nan, .nan, .infinity], expected, tolerance: 1e-9) != nil)
    #expect(fault([1, 2, 3, .infinity], expected, tolerance: 1e-9) != nil)
    #expect(fault([1, 2, .nan, -.infinity], expected, tolerance: 1e-9) != nil)
    #expect(fault([1, 2, .nan, 1e300], expected, tolerance: 1e-9) != nil)
  }

  @Test func numbersVary() {
    let values = numbers(1000, seed: 3)
    #expect(Set(values).count > 990)
    #expect(abs(values.reduce(0, +)) < 100)
    #expect(values != numbers(1000, seed: 4))
  }
}
