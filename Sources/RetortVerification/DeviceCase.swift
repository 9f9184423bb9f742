import RetortCore

/// A computation whose results on a device are compared with the processor's in float64.
package struct DeviceCase: Sendable, CustomStringConvertible {
  /// What is computed, and of which sizes.
  package let description: String
  /// The largest error allowed, relative to the largest element of a result.
  package let tolerance: Double
  /// What the largest element counts as at least.
  let floor: Double
  /// Whether it also holds in the types of matrix units, to which its operands are exact.
  package let isExactlyRounded: Bool
  let build: @Sendable (inout CaseGraph) -> [Tensor]

  /// A case that `build` adds to a graph; it returns the results.
  package init(
    _ description: String, tolerance: Double = 1e-5, floor: Double = 1e-3,
    isExactlyRounded: Bool = false,
    build: @escaping @Sendable (inout CaseGraph) -> [Tensor]
  ) {
    (self.description, self.tolerance, self.floor) = (description, tolerance, floor)
    (self.isExactlyRounded, self.build) = (isExactlyRounded, build)
  }
}

/// A graph of several cases, with what its inputs and variables hold.
package struct CaseGraph {
  /// The graph that cases add to.
  package let graph = Graph()
  private(set) var inputs: [HostArray] = []
  private(set) var variables: [(variable: Variable, values: [Float])] = []
  private var numbers = Philox4x32(seed: 7, stream: 0)

  /// Adds a case, whose numbers are the same whichever cases are beside it.
  mutating func add(_ item: DeviceCase) -> [Tensor] {
    numbers = Philox4x32(seed: 7, stream: .named(item.description))
    return item.build(&self)
  }

  /// An input that holds `values`.
  package mutating func input(_ values: HostArray, _ shape: Shape) -> Tensor {
    inputs.append(values)
    return graph.input("input \(inputs.count)", shape, values.dtype)
  }

  /// An input of numbers between -2 and 2.
  package mutating func uniform(_ shape: Shape) -> Tensor {
    input(.float32(values(shape.count)), shape)
  }

  /// An input of eighths within ±1, which any type multiplies exactly.
  package mutating func eighths(_ shape: Shape) -> Tensor {
    let values = (0..<shape.count).map { _ in Float(Int(numbers.next() >> 33) % 17 - 8) / 8 }
    return input(.float32(values), shape)
  }

  /// An input of whole numbers in `range`.
  package mutating func integers(_ range: Range<Int>, _ shape: Shape) -> Tensor {
    let values = (0..<shape.count).map { _ in
      Int32(range.lowerBound + Int(numbers.next() >> 33) % range.count)
    }
    return input(.int32(values), shape)
  }

  /// A variable of zeros, or of numbers between -2 and 2, that effects change; what it holds
  /// afterwards is a result.
  package mutating func variable(_ count: Int, isZero: Bool = false) -> Variable {
    let variable = Variable(name: "variable \(variables.count)", count: count)
    variables.append((variable, isZero ? Array(repeating: 0, count: count) : values(count)))
    return variable
  }

  private mutating func values(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(numbers.next() >> 40) * 0x1p-22 - 2 }
  }
}

extension UInt32 {
  /// A stream of random numbers for what is called `name`.
  static func named(_ name: String) -> UInt32 { name.utf8.reduce(0) { $0 &* 31 &+ UInt32($1) } }
}
