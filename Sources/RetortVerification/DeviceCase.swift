import RetortCore

/// A computation whose results on a device are compared with the CPU's in float64.
package struct DeviceCase: Sendable, CustomStringConvertible {
  /// The computation and its sizes.
  package let description: String
  /// The largest error allowed, relative to the largest element of a result.
  package let tolerance: Double
  /// The smallest magnitude that errors are relative to.
  let floor: Double
  /// Whether the operands of contractions are exact in the types of matrix units, so that the case holds
  /// there too.
  package let isExactlyRounded: Bool
  let build: @Sendable (inout CaseGraph) -> [Tensor]

  /// A case whose graph `build` adds, returning the results.
  package init(
    _ description: String, tolerance: Double = 1e-5, floor: Double = 1e-3,
    isExactlyRounded: Bool = false,
    build: @escaping @Sendable (inout CaseGraph) -> [Tensor]
  ) {
    (self.description, self.tolerance, self.floor) = (description, tolerance, floor)
    (self.isExactlyRounded, self.build) = (isExactlyRounded, build)
  }
}

/// A graph of several cases, with the contents of its inputs and variables.
package struct CaseGraph {
  /// The graph that cases add to.
  package let graph = Graph()
  private(set) var inputs: [HostArray] = []
  private(set) var variables: [(variable: Variable, values: [Float])] = []
  private var numbers = Philox4x32(seed: 7, stream: 0)

  /// Adds a case, whose random numbers do not depend on the other cases.
  mutating func add(_ item: DeviceCase) -> [Tensor] {
    numbers = Philox4x32(seed: 7, stream: .named(item.description))
    return item.build(&self)
  }

  /// An input with the given elements.
  package mutating func input(_ values: HostArray, _ shape: Shape) -> Tensor {
    inputs.append(values)
    return graph.input("input \(inputs.count)", shape, values.dtype)
  }

  /// An input of random numbers from -2 to 2.
  package mutating func uniform(_ shape: Shape) -> Tensor {
    input(.float32(values(shape.count)), shape)
  }

  /// An input of random eighths within ±1, whose products are exact in every type.
  package mutating func eighths(_ shape: Shape) -> Tensor {
    let values = (0..<shape.count).map { _ in Float(Int(numbers.next() >> 33) % 17 - 8) / 8 }
    return input(.float32(values), shape)
  }

  /// An input of random integers in `range`.
  package mutating func integers(_ range: Range<Int>, _ shape: Shape) -> Tensor {
    let values = (0..<shape.count).map { _ in
      Int32(range.lowerBound + Int(numbers.next() >> 33) % range.count)
    }
    return input(.int32(values), shape)
  }

  /// A variable for effects to change, of zeros or of random numbers from -2 to 2; its final contents are a
  /// result.
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
  /// The random stream of the case `name`.
  static func named(_ name: String) -> UInt32 { name.utf8.reduce(0) { $0 &* 31 &+ UInt32($1) } }
}
