import RetortNN
import Testing

@testable import RetortTraining

@Suite struct DecayScopeTests {
  private let store = ParameterStore(
    Sequential([Conv2d(1, 2, kernel: 1), BatchNorm(2), Linear(2, 3)]), name: "m")

  /// The parameters that do not decay, by name.
  private func spared(_ scope: DecayScope) throws -> [String] {
    let mask = try #require(scope.mask(of: store))
    #expect(mask.count == store.parameterVariable.count)
    return store.trainable.filter { parameter in
      let own = mask[parameter.offset..<parameter.offset + parameter.shape.count]
      #expect(Set(own).count == 1, "\(parameter.path)")
      return own.first == 0
    }.map(\.path)
  }

  @Test func allDecayUnlessToldOtherwise() { #expect(DecayScope().mask(of: store) == nil) }

  @Test func biasesAndNormsAreSparedApart() throws {
    #expect(try spared(DecayScope(biases: false)) == ["0.bias", "2.bias"])
    #expect(try spared(DecayScope(norms: false)) == ["1.weight", "1.bias"])
    #expect(
      try spared(DecayScope(biases: false, norms: false))
        == ["0.bias", "1.weight", "1.bias", "2.bias"])
  }
}
