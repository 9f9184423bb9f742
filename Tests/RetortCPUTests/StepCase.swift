import RetortCPU
import Testing

@testable import RetortCore

/// One plan step with its operands, to be run on every form of the CPU backend.
struct StepCase {
  enum Elements {
    case reals([Double])
    case integers([Int32])
    case bytes([UInt8])

    var count: Int {
      switch self {
      case .reals(let values): values.count
      case .integers(let values): values.count
      case .bytes(let values): values.count
      }
    }
    var dtype: DType {
      switch self {
      case .reals: .float32
      case .integers: .int32
      case .bytes: .uint8
      }
    }
  }

  var kind: StepKind
  var inputs: [Elements]
  /// What the outputs hold before the step.
  var outputs: [Elements]

  init(_ kind: StepKind, _ inputs: [Elements], outputs: [Elements]) {
    (self.kind, self.inputs, self.outputs) = (kind, inputs, outputs)
  }

  /// Outputs of the given lengths, filled with a number that no test expects.
  init(_ kind: StepKind, _ inputs: [Elements], counts: [Int]) {
    self.init(
      kind, inputs, outputs: counts.map { .reals(Array(repeating: -77.25, count: $0)) })
  }

  func plan() -> Plan {
    var plan = Plan()
    for (index, input) in inputs.enumerated() {
      plan.values.append(.init(storage: .input(index), count: input.count, dtype: input.dtype))
      plan.inputs.append(
        .init(name: "input \(index)", shape: [input.count], dtype: input.dtype, value: index))
    }
    for (index, output) in outputs.enumerated() {
      let value = plan.values.count
      plan.values.append(
        .init(storage: .variable(index, offset: 0), count: output.count, dtype: output.dtype))
      plan.variables.append(
        Variable(name: "output \(index)", count: output.count, dtype: output.dtype))
      plan.outputs.append(.init(shape: [output.count], dtype: output.dtype, value: value))
    }
    plan.steps = [
      Step(
        kind: kind, inputs: Array(inputs.indices),
        outputs: outputs.indices.map { inputs.count + $0 }, label: "test")
    ]
    return plan
  }

  func run(_ backend: CPUBackend) throws -> [[Double]] {
    let buffers = try outputs.map { output in
      let buffer = try backend.makeBuffer(count: output.count, dtype: output.dtype)
      switch output {
      case .reals(let values): try (buffer as? CPUBuffer)?.writeDoubles(values, at: 0)
      case .integers(let values): try buffer.write(.int32(values), at: 0)
      case .bytes(let values): try buffer.write(.uint8(values), at: 0)
      }
      return buffer
    }
    let executable = try backend.executable(plan(), variables: buffers)
    for (index, input) in inputs.enumerated() {
      switch input {
      case .reals(let values): try executable.setInput(index, doubles: values)
      case .integers(let values): try executable.setInput(index, values)
      case .bytes(let values): try executable.setInput(index, .uint8(values))
      }
    }
    try executable.run()
    return try outputs.indices.map { try executable.outputDoubles($0) }
  }

  /// Compares every instruction set and precision with `expected`, and thread counts bit by bit.
  func check(
    _ expected: [[Double]], single: Double = 2e-6, double: Double = 1e-12, _ name: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for set in InstructionSet.allCases where set.isAvailable {
      for precision in [CPUBackend.Precision.float32, .float64] {
        let alone = try #require(
          CPUBackend(threads: 1, precision: precision, instructionSet: set))
        let several = try #require(
          CPUBackend(threads: 3, precision: precision, instructionSet: set))
        let results = try run(alone)
        let again = try run(several)
        for index in expected.indices {
          expectClose(
            results[index], expected[index], tolerance: precision == .float32 ? single : double,
            rounded: precision == .float32 && outputs[index].dtype == .float32,
            "\(name) output \(index), \(set), \(precision)",
            sourceLocation: sourceLocation)
          #expect(
            results[index].map(\.bitPattern) == again[index].map(\.bitPattern),
            "\(name) output \(index) depends on the number of threads, \(set), \(precision)",
            sourceLocation: sourceLocation)
        }
      }
    }
  }
}

/// The worst fault of `actual`, or nil where every element is within `tolerance · (1 + |expected|)`
/// and NaN and infinities are in their places.
func fault(
  _ actual: [Double], _ expected: [Double], tolerance: Double, rounded: Bool = false
) -> String? {
  guard actual.count == expected.count else {
    return "\(actual.count) elements instead of \(expected.count)"
  }
  var worst: (index: Int, excess: Double)?
  for (index, (a, exact)) in zip(actual, expected).enumerated() {
    let e = rounded ? Double(Float(exact)) : exact
    let excess: Double =
      if a.isNaN || e.isNaN || a.isInfinite || e.isInfinite {
        a == e || (a.isNaN && e.isNaN) ? 0 : .infinity
      } else {
        Swift.abs(a - e) / (1 + Swift.abs(e)) / tolerance
      }
    if excess > (worst?.excess ?? 1) { worst = (index, excess) }
  }
  return worst.map {
    "element \($0.index) is \(actual[$0.index]) instead of \(expected[$0.index]), "
      + "\($0.excess) times the tolerance \(tolerance)"
  }
}

func expectClose(
  _ actual: [Double], _ expected: [Double], tolerance: Double, rounded: Bool = false,
  _ name: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  if let fault = fault(actual, expected, tolerance: tolerance, rounded: rounded) {
    Issue.record("\(name): \(fault)", sourceLocation: sourceLocation)
  }
}

/// Repeatable numbers in (-scale, scale) that float32 holds exactly.
func numbers(_ count: Int, seed: UInt64, scale: Double = 1) -> [Double] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let unit = Double(Int64(bitPattern: state) >> 40) / Double(1 << 23)
    return Double(Float(unit * scale))
  }
}

extension PointwiseProgram {
  /// A program over dense float32 operands and results.
  static func dense(
    _ shape: Shape, operands: Int, _ instructions: [Instruction], results: [Int]
  ) -> PointwiseProgram {
    var program = PointwiseProgram(shape: shape)
    let access = Access(strides: shape.strides)
    program.operands = Array(repeating: .init(access: access, dtype: .float32), count: operands)
    program.instructions = instructions
    program.results = results.map { .init(register: $0, access: access, dtype: .float32) }
    return program
  }

  /// The epilogue that only stores.
  static func plainStore(_ shape: Shape) -> PointwiseProgram {
    dense(shape, operands: 0, [.accumulator], results: [0])
  }
}
