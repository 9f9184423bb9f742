import RetortCPU
import RetortCore

/// Cases with what must come of them.
package struct DeviceCheck {
  private let cases: [DeviceCase]
  private let expected: [[[Double]]]

  /// Computes `cases` in float64.
  package init(_ cases: [DeviceCase]) throws {
    self.cases = cases
    expected = try Self.results(of: cases, on: CPUBackend(precision: .float64))
  }

  private init(_ cases: [DeviceCase], _ expected: [[[Double]]]) {
    (self.cases, self.expected) = (cases, expected)
  }

  /// Those of the cases that hold in the types of matrix units too.
  package var exactlyRounded: DeviceCheck {
    let indices = cases.indices.filter { cases[$0].isExactlyRounded }
    return DeviceCheck(indices.map { cases[$0] }, indices.map { expected[$0] })
  }

  /// What came of one case on a device.
  package struct Outcome: Sendable {
    /// The case.
    package let name: String
    /// The largest difference, relative to the largest element expected of its result; infinite where
    /// a NaN or infinity has no counterpart or nothing was computed.
    package let error: Double
    /// The largest error allowed.
    package let tolerance: Double
    /// What is wrong; nil if nothing is.
    package let fault: String?
  }

  /// Compares what a device computes with what must come of it, in the order of the cases.
  ///
  /// All cases are one computation, so that their kernels are compiled together. Where that fails,
  /// each is computed alone: a fault is one of its case.
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

  /// The results of each case, and then what its variables hold.
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
