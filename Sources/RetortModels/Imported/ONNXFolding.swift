import Glibc
import RetortCore

/// Operators on values that are known while a graph is built, such as those that compute shapes.
enum ONNXFolding {
  /// What computes constants of constants; nil where the device has to.
  typealias Function = @Sendable (ONNXCall, [ONNXConstant]) throws(ONNXFault) -> [ONNXConstant]?

  /// The outputs of a node if all of its inputs are known; nil where the device has to compute them.
  static func outputs(of call: ONNXCall) throws(ONNXFault) -> [ONNXValue]? {
    // A node that lacks its first input is told so by its operator.
    guard let function = all[call.node.operation],
      call.optional(0) != nil || call.node.operation == "Constant"
    else { return nil }
    var constants: [ONNXConstant] = []
    for input in call.inputs {
      guard let input else { continue }
      guard let constant = input.constant, constant.count <= ONNXConstant.limit else { return nil }
      constants.append(constant)
    }
    return try function(call, constants)?.map { .constant($0) }
  }

  private static let all: [String: Function] = structure.merging(arithmetic) { first, _ in first }

  private static let arithmetic: [String: Function] = [
    "Abs": map({ Swift.abs(max($0, -.max)) }, { Swift.abs($0) }),
    "Add": combine(added, { $0 + $1 }),
    "And": compare { $0 != 0 && $1 != 0 },
    "Cast": { call, x throws(ONNXFault) in try cast(x[0], to: call.int("to", 1)).map { [$0] } },
    "Ceil": map({ $0 }, { $0.rounded(.up) }),
    "Div": combine(divided, { $0 / $1 }),
    "Equal": compare { $0 == $1 },
    "Floor": map({ $0 }, { $0.rounded(.down) }),
    "Greater": compare { $0 > $1 },
    "GreaterOrEqual": compare { $0 >= $1 },
    "Identity": { _, x throws(ONNXFault) in x },
    "Less": compare { $0 < $1 },
    "LessOrEqual": compare { $0 <= $1 },
    "Max": combine({ max($0, $1) }, { max($0, $1) }),
    "Min": combine({ min($0, $1) }, { min($0, $1) }),
    "Mod": { call, x throws(ONNXFault) in
      call.int("fmod", 0) != 0
        ? try combine(cutRemainder, { fmod($0, $1) })(call, x)
        : try combine(remainder, { $0 - $1 * ($0 / $1).rounded(.down) })(call, x)
    },
    "Mul": combine(multiplied, { $0 * $1 }),
    "Neg": map({ 0 &- $0 }, { -$0 }),
    "Not": map({ $0 == 0 ? 1 : 0 }, { $0 == 0 ? 1 : 0 }),
    "Or": compare { $0 != 0 || $1 != 0 },
    "ReduceMax": reduce { x throws(ONNXFault) in x.max() ?? 0 },
    "ReduceMin": reduce { x throws(ONNXFault) in x.min() ?? 0 },
    "ReduceProd": reduce { x throws(ONNXFault) in
      var product = 1
      for value in x { product = try checked(product.multipliedReportingOverflow(by: value)) }
      return product
    },
    "ReduceSum": reduce { x throws(ONNXFault) in
      var sum = 0
      for value in x { sum = try checked(sum.addingReportingOverflow(value)) }
      return sum
    },
    "Sqrt": map(nil, { $0.squareRoot() }),
    "Sub": combine(subtracted, { $0 - $1 }),
    "Where": choose,
  ]

  // MARK: Arithmetic

  private typealias Whole = @Sendable (Int, Int) throws(ONNXFault) -> Int

  private static func checked(
    _ result: (partialValue: Int, overflow: Bool)
  ) throws(ONNXFault) -> Int {
    guard !result.overflow else { throw ONNXFault("its numbers are too large") }
    return result.partialValue
  }

  private static let added: Whole = { x, y throws(ONNXFault) in
    try checked(x.addingReportingOverflow(y))
  }

  private static let subtracted: Whole = { x, y throws(ONNXFault) in
    try checked(x.subtractingReportingOverflow(y))
  }

  private static let multiplied: Whole = { x, y throws(ONNXFault) in
    try checked(x.multipliedReportingOverflow(by: y))
  }

  private static let divided: Whole = { x, y throws(ONNXFault) in
    guard y != 0 else { throw ONNXFault("it divides a whole number by zero") }
    return try checked(x.dividedReportingOverflow(by: y))
  }

  private static let cutRemainder: Whole = { x, y throws(ONNXFault) in
    guard y != 0 else { throw ONNXFault("it divides a whole number by zero") }
    return x.remainderReportingOverflow(dividingBy: y).partialValue
  }

  private static let remainder: Whole = { x, y throws(ONNXFault) in
    guard y != 0 else { throw ONNXFault("it divides a whole number by zero") }
    let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
  }

  private static func map(
    _ whole: (@Sendable (Int) -> Int)?, _ number: @escaping @Sendable (Double) -> Double
  ) -> Function {
    { _, x throws(ONNXFault) in
      var result = x[0]
      switch x[0].elements {
      case .integers(let values):
        guard let whole else { return nil }
        result.elements = .integers(values.map(whole))
      case .numbers(let values): result.elements = .numbers(values.map(number))
      }
      return [result]
    }
  }

  /// Two constants repeated to their common shape; nil for more or fewer than two.
  private static func spread(
    _ x: [ONNXConstant]
  ) throws(ONNXFault) -> (ONNXConstant, ONNXConstant)? {
    guard x.count == 2 else { return nil }
    guard
      let common = Shape.broadcast(try Shape(onnx: x[0].shape), try Shape(onnx: x[1].shape)),
      common.count <= ONNXConstant.limit
    else { throw ONNXFault("\(x[0].shape) and \(x[1].shape) do not broadcast") }
    return (x[0].broadcast(to: common.dimensions), x[1].broadcast(to: common.dimensions))
  }

  private static func combine(
    _ whole: @escaping Whole, _ number: @escaping @Sendable (Double, Double) -> Double
  ) -> Function {
    { _, x throws(ONNXFault) in
      guard let (a, b) = try spread(x) else { return nil }
      guard let left = a.integers, let right = b.integers else {
        return [ONNXConstant(zip(a.numbers, b.numbers).map(number), shape: a.shape)]
      }
      var values: [Int] = []
      for (x, y) in zip(left, right) { values.append(try whole(x, y)) }
      return [ONNXConstant(values, shape: a.shape)]
    }
  }

  private static func compare(
    _ function: @escaping @Sendable (Double, Double) -> Bool
  ) -> Function {
    { _, x throws(ONNXFault) in
      guard let (a, b) = try spread(x) else { return nil }
      return [
        ONNXConstant(zip(a.numbers, b.numbers).map { function($0, $1) ? 1 : 0 }, shape: a.shape)
      ]
    }
  }

  private static func choose(
    _ call: ONNXCall, _ x: [ONNXConstant]
  ) throws(ONNXFault) -> [ONNXConstant]? {
    guard x.count == 3, let (_, a) = try spread([x[0], x[1]]),
      let (_, b) = try spread([x[0], x[2]]), let (then, other) = try spread([a, b])
    else { return nil }
    let condition = x[0].broadcast(to: then.shape).numbers
    guard condition.count == then.count else { return nil }
    func picked<Value>(_ left: [Value], _ right: [Value]) -> [Value] {
      condition.indices.map { condition[$0] != 0 ? left[$0] : right[$0] }
    }
    guard let left = then.integers, let right = other.integers else {
      return [ONNXConstant(picked(then.numbers, other.numbers), shape: then.shape)]
    }
    return [ONNXConstant(picked(left, right), shape: then.shape)]
  }

  private static func reduce(
    _ function: @escaping @Sendable ([Int]) throws(ONNXFault) -> Int
  ) -> Function {
    { call, x throws(ONNXFault) in
      // Whole lists alone, as of extents; the rest is the device's.
      guard let integers = x[0].integers, x[0].shape.count == 1,
        call.node.operation == "ReduceSum" || !integers.isEmpty
      else { return nil }
      let keeps = call.int("keepdims", 1) != 0
      return [ONNXConstant([try function(integers)], shape: keeps ? [1] : [])]
    }
  }

  private static func cast(_ x: ONNXConstant, to type: Int) throws(ONNXFault) -> ONNXConstant? {
    switch type {
    case 1, 10, 11, 16: return ONNXConstant(x.numbers, shape: x.shape)
    case 9: return ONNXConstant(x.numbers.map { $0 == 0 ? 0 : 1 }, shape: x.shape)
    case 2...7, 12, 13:
      if x.integers != nil { return x }
      var values: [Int] = []
      for number in x.numbers {
        guard let value = Int(exactly: number.rounded(.towardZero)) else {
          throw ONNXFault("\(number) is no whole number of 64 bits")
        }
        values.append(value)
      }
      return ONNXConstant(values, shape: x.shape)
    default: return nil
    }
  }
}
