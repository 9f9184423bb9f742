import RetortCPU
import RetortCore

/// Cases with their expected results.
package struct DeviceCheck {
  private let cases: [DeviceCase]
  private let expected: [[[Double]]]

  /// Computes the expected results of `cases` in float64.
  package init(_ cases: [DeviceCase]) throws {
    self.cases = cases
    expected = try Self.results(of: cases, on: CPUBackend(precision: .float64))
  }

  private init(_ cases: [DeviceCase], _ expected: [[[Double]]]) {
    (self.cases, self.expected) = (cases, expected)
  }

  /// The check of those cases that also hold in the types of matrix units.
  package var exactlyRounded: DeviceCheck {
    let indices = cases.indices.filter { cases[$0].isExactlyRounded }
    return DeviceCheck(indices.map { cases[$0] }, indices.map { expected[$0] })
  }

  /// The result of one case on a device.
  package struct Outcome: Sendable {
    /// The case's description.
    package let name: String
    /// The largest difference relative to the largest expected element of its result; infinite if a NaN or
    /// infinity has no counterpart or nothing was computed.
    package let error: Double
    /// The largest error allowed.
    package let tolerance: Double
    /// The fault in words; nil if the case holds.
    package let fault: String?
  }

  /// Compares a device's results with the expected ones, in the order of the cases.
  ///
  /// All cases form one computation, so that their kernels are compiled together. If it fails, each case is
  /// computed alone, so that a fault affects its own case only.
  package func outcomes(on backend: any Backend) -> [Outcome] {
    if let found = try? Self.results(of: cases, on: backend) {
      return cases.indices.map { outcome(of: $0, found[$0]) }
    }
    return cases.indices.map { index in
      do {
        return outcome(of: index, try Self.results(of: [cases[index]], on: backend)[0])
      } catch {
        return Outcome(
          name: cases[index].description, error: .infinity, tolerance: cases[index].tolerance,
          fault: "\(error)")
      }
    }
  }

  private func outcome(of index: Int, _ found: [[Double]]) -> Outcome {
    let item = cases[index]
    let pairs = Array(zip(found, expected[index]))
    let faults = pairs.enumerated().compactMap { place, pair in
      difference(pair.0, pair.1, tolerance: item.tolerance, floor: item.floor)
        .map { "result \(place) \($0)" }
    }
    return Outcome(
      name: item.description, error: pairs.map { distance($0, $1, floor: item.floor) }.max() ?? 0,
      tolerance: item.tolerance, fault: faults.first)
  }

  /// The results of each case, followed by the contents of its variables.
  private static func results(
    of cases: [DeviceCase], on backend: any Backend
  ) throws -> [[[Double]]] {
    var part = CaseGraph()
    var outputs: [Tensor] = []
    let places = cases.map { item in
      let (first, firstVariable) = (outputs.count, part.variables.count)
      outputs += part.add(item)
      return (first..<outputs.count, firstVariable..<part.variables.count)
    }
    let session = Session(backend)
    let executable = try session.compile(part.graph, outputs: outputs)
    for (variable, values) in part.variables { try session.write(values, to: variable) }
    for (index, values) in part.inputs.enumerated() { try executable.setInput(index, values) }
    try executable.run()
    return try places.map { outputs, variables in
      try outputs.map { try executable.output($0).doubles }
        + variables.map { try session.read(part.variables[$0].variable).map(Double.init) }
    }
  }
}

extension HostArray {
  fileprivate var doubles: [Double] {
    switch self {
    case .float32(let values): values.map(Double.init)
    case .int32(let values): values.map(Double.init)
    case .uint8(let values): values.map(Double.init)
    }
  }
}
