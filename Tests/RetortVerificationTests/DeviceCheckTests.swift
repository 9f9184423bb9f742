import RetortCPU
import RetortCore
import RetortVerification
import Testing

@Suite struct DeviceCheckTests {
  private static let cases = [
    DeviceCase("square") { [$0.uniform([3, 5]).square()] },
    DeviceCase("sum and steps") { part in
      let x = part.uniform([7])
      let parameters = part.variable(7)
      part.graph.endPhase([.assign(parameters, offset: 0, x * 2)])
      return [x.sum()]
    },
  ]

  @Test func theProcessorAgreesWithItself() throws {
    let outcomes = try DeviceCheck(Self.cases).outcomes(on: CPUBackend())
    #expect(outcomes.map(\.name) == ["square", "sum and steps"])
    for outcome in outcomes {
      #expect(outcome.fault == nil && outcome.error < 1e-6, "\(outcome)")
    }
  }

  /// A device whose results are off by one part in a thousand, or whose variables are.
  @Test func whatIsTooFarOffIsToldWithItsPlace() throws {
    let check = try DeviceCheck(Self.cases)
    let outputs = check.outcomes(on: WrongBackend(CPUBackend(), .outputs))
    #expect(outputs.allSatisfy { ($0.fault ?? "").hasPrefix("result 0 element ") })
    #expect(outputs.allSatisfy { (0.9e-3...1.1e-3).contains($0.error) })
    let variables = check.outcomes(on: WrongBackend(CPUBackend(), .variables))
    #expect(variables[0].fault == nil)
    #expect(variables[1].fault?.hasPrefix("result 1 element ") == true)
  }

  @Test func aDeviceThatFailsIsBlamedForTheCaseAlone() throws {
    let wrong = WrongBackend(CPUBackend(), .plansWithVariables)
    let outcomes = try DeviceCheck(Self.cases).outcomes(on: wrong)
    #expect(outcomes[0].fault == nil)
    #expect(outcomes[1].fault == "no variables here" && outcomes[1].error == .infinity)
  }

  @Test func suitesAreNamedApartAndTheirCasesToo() {
    #expect(Set(DeviceSuite.all.map(\.name)).count == DeviceSuite.all.count)
    for suite in DeviceSuite.all {
      #expect(Set(suite.cases.map(\.description)).count == suite.cases.count, "\(suite.name)")
    }
  }

  @Test(arguments: ["rows", "training", "indexing"]) func aSuiteHoldsOnTheProcessor(
    _ name: String
  ) throws {
    let suite = try #require(DeviceSuite.all.first { $0.name == name })
    for outcome in try DeviceCheck(suite.cases).outcomes(on: CPUBackend()) {
      #expect(outcome.fault == nil, "\(outcome.name): \(outcome.fault ?? "")")
    }
  }
}
