import RetortCPU
import Testing

@testable import RetortCore

@Suite struct ConvolutionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var input: [Int]
    var weight: [Int]
    var geometry = Convolution()
    var testDescription: String { "\(input) * \(weight), \(geometry)" }

    init(_ input: [Int], _ weight: [Int], _ change: (Geometry) -> Void = { _ in }) {
      (self.input, self.weight) = (input, weight)
      let builder = Geometry()
      change(builder)
      geometry = builder.value
    }

    var output: Shape {
      geometry.outputShape(input: Shape(input), weight: Shape(weight)) ?? Shape([0])
    }

    /// Calls `body` with the flat indices of every (output, input, weight) triple that multiply.
    func forEach(_ body: (Int, Int, Int) -> Void) {
      let (g, output) = (geometry, output)
      let (perGroup, depth) = (weight[0] / g.groups, weight[3])
      for image in 0..<input[0] {
        for oy in 0..<output[1] {
          for ox in 0..<output[2] {
            for o in 0..<weight[0] {
              for ky in 0..<weight[1] {
                for kx in 0..<weight[2] {
                  let y = oy * g.strideY - g.padTop + ky * g.dilationY
                  let x = ox * g.strideX - g.padLeft + kx * g.dilationX
                  guard y >= 0, y < input[1], x >= 0, x < input[2] else { continue }
                  for c in 0..<depth {
                    let channel = o / perGroup * depth + c
                    body(
                      ((image * output[1] + oy) * output[2] + ox) * weight[0] + o,
                      ((image * input[1] + y) * input[2] + x) * input[3] + channel,
                      ((o * weight[1] + ky) * weight[2] + kx) * depth + c)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  static let cases: [Case] = [
    Case([1, 1, 1, 1], [1, 1, 1, 1]),
    Case([2, 5, 5, 3], [4, 3, 3, 3]),
    Case([2, 7, 9, 3], [5, 3, 3, 3]) { $0.pad(1, 1, 1, 1) },
    Case([2, 8, 7, 2], [3, 3, 2, 2]) { $0.pad(1, 0, 0, 0).stride(2, 2) },
    Case([1, 9, 11, 4], [6, 3, 3, 4]) { $0.pad(0, 3, 0, 2).dilate(2, 3) },
    Case([2, 10, 9, 3], [2, 2, 2, 3]) { $0.stride(3, 4) },
    Case([2, 9, 9, 2], [2, 3, 3, 2]) { $0.stride(2, 2).dilate(2, 2) },
    Case([2, 6, 5, 4], [6, 3, 3, 2]) { $0.pad(1, 0, 1, 0).groups = 2 },
    Case([2, 7, 6, 6], [9, 3, 3, 2]) { $0.pad(0, 1, 0, 0).stride(2, 2).groups = 3 },
    Case([3, 7, 7, 5], [5, 3, 3, 1]) { $0.pad(1, 1, 0, 0).groups = 5 },
    Case([2, 6, 7, 3], [6, 3, 2, 1]) { $0.stride(2, 2).dilate(2, 1).groups = 3 },
    Case([2, 6, 6, 33], [35, 1, 1, 33]),
    Case([3, 14, 14, 16], [40, 3, 3, 16]) { $0.pad(1, 1, 1, 1) },
    Case([2, 28, 28, 1], [16, 5, 5, 1]) { $0.pad(2, 2, 2, 2) },
    Case([0, 5, 5, 2], [3, 3, 3, 2]),
    Case([2, 12, 12, 8], [16, 3, 3, 8]) { $0.pad(1, 1, 0, 0).stride(2, 2) },
  ]

  private func step(_ c: Case, _ direction: ConvolutionStep.Direction, _ epilogue: PointwiseProgram)
    -> StepKind
  {
    .convolution(
      ConvolutionStep(
        direction: direction, geometry: c.geometry, input: Shape(c.input), weight: Shape(c.weight),
        output: c.output, epilogue: epilogue))
  }

  /// Stores relu(value + operand of the last axis) and the value itself.
  private func biased(_ shape: Shape) -> PointwiseProgram {
    let flat: Shape = [shape.rowCount, shape.columnCount]
    var program = PointwiseProgram(shape: flat)
    program.operands = [
      .init(access: .init(strides: SIMD8(0, 1, 0, 0, 0, 0, 0, 0)), dtype: .float32)
    ]
    program.instructions = [.accumulator, .load(0), .binary(.add, 0, 1), .unary(.relu, 2)]
    program.results = [3, 0].map {
      .init(register: $0, access: .init(strides: flat.strides), dtype: .float32)
    }
    return program
  }

  private func biasedValues(_ values: [Double], _ bias: [Double]) -> [[Double]] {
    [values.enumerated().map { Swift.max(0, $1 + bias[$0 % bias.count]) }, values]
  }

  @Test(arguments: cases) func forward(_ c: Case) throws {
    let x = numbers(Shape(c.input).count, seed: 1)
    let w = numbers(Shape(c.weight).count, seed: 2)
    let bias = numbers(c.weight[0], seed: 3)
    var y = Array(repeating: 0.0, count: c.output.count)
    c.forEach { y[$0] += x[$1] * w[$2] }
    try StepCase(
      step(c, .forward, biased(c.output)), [.reals(x), .reals(w), .reals(bias)],
      counts: [y.count, y.count]
    ).check(biasedValues(y, bias), single: 1e-5)
  }

  @Test(arguments: cases) func inputGradient(_ c: Case) throws {
    let g = numbers(c.output.count, seed: 1)
    let w = numbers(Shape(c.weight).count, seed: 2)
    let bias = numbers(c.input[3], seed: 3)
    var dx = Array(repeating: 0.0, count: Shape(c.input).count)
    c.forEach { dx[$1] += g[$0] * w[$2] }
    try StepCase(
      step(c, .inputGradient, biased(Shape(c.input))), [.reals(g), .reals(w), .reals(bias)],
      counts: [dx.count, dx.count]
    ).check(biasedValues(dx, bias), single: 1e-5)
  }

  @Test(arguments: cases) func weightGradient(_ c: Case) throws {
    let x = numbers(Shape(c.input).count, seed: 1)
    let g = numbers(c.output.count, seed: 2)
    var dw = Array(repeating: 0.0, count: Shape(c.weight).count)
    c.forEach { dw[$2] += g[$0] * x[$1] }
    let shape: Shape = [c.weight[0], dw.count / c.weight[0]]
    try StepCase(
      step(c, .weightGradient, .plainStore(shape)), [.reals(x), .reals(g)], counts: [dw.count]
    ).check([dw], single: 2e-5)
  }

  @Test func shapesThatDisagreeAreRefused() throws {
    let c = Case([2, 5, 5, 3], [4, 3, 3, 3])
    var wrong = ConvolutionStep(
      direction: .forward, geometry: c.geometry, input: Shape(c.input), weight: Shape(c.weight),
      output: [2, 4, 4, 4], epilogue: .plainStore([32, 4]))
    let x = numbers(150, seed: 1)
    let w = numbers(108, seed: 1)
    func attempt() throws {
      _ = try StepCase(.convolution(wrong), [.reals(x), .reals(w)], counts: [200])
        .run(CPUBackend(threads: 1))
    }
    #expect(throws: BackendError.self) { try attempt() }
    wrong.output = c.output
    #expect(throws: BackendError.self) { try attempt() }
  }
}

/// Builds a geometry in one line.
final class Geometry {
  private(set) var value = Convolution()

  var groups: Int {
    get { value.groups }
    set { value.groups = newValue }
  }

  @discardableResult
  func pad(_ top: Int, _ left: Int, _ bottom: Int, _ right: Int) -> Geometry {
    (value.padTop, value.padLeft, value.padBottom, value.padRight) = (top, left, bottom, right)
    return self
  }

  @discardableResult
  func stride(_ y: Int, _ x: Int) -> Geometry {
    (value.strideY, value.strideX) = (y, x)
    return self
  }

  @discardableResult
  func dilate(_ y: Int, _ x: Int) -> Geometry {
    (value.dilationY, value.dilationX) = (y, x)
    return self
  }
}
