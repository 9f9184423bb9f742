import RetortCore
import RetortFormats

extension ONNXOperators {
  /// Numbers rounded to whole ones of few bits, and back.
  static let quantisations: [String: ONNXOperator] = [
    "DequantizeLinear": dequantize,
    "QuantizeLinear": quantize,
    "Round": map { rounded($0) },
  ]

  /// The nearest whole number, the even one of two; no gradient.
  static func rounded(_ x: Tensor) -> Tensor {
    let up = (x + 0.5).unary(.floor)
    let isOdd = up - (up * 0.5).unary(.floor) * 2
    return up - (up - x).equal(x.graph.fill(0.5)) * isOdd
  }

  /// `x/scale + zero`, rounded and bounded by the type of `zero`; gradients pass where it is within the bounds.
  private static func quantize(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let scale = try spread(call, 1, over: x.shape)
    let zero = try call.optional(2) == nil ? call.graph.fill(0) : spread(call, 2, over: x.shape)
    let given = call.int("output_dtype", 0)
    let type =
      given != 0
      ? HostTensor.ElementType(onnx: given) : call.optional(2)?.constant?.elementType ?? .uint8
    let bounds: ClosedRange<Double>
    switch type {
    case .uint8: bounds = 0...255
    case .int8: bounds = -128...127
    case .uint16: bounds = 0...65_535
    case .int16: bounds = -32_768...32_767
    default:
      throw ONNXFault("it rounds to a type that is none of whole numbers of 8 or 16 bits")
    }
    let (low, high) = (bounds.lowerBound, bounds.upperBound)
    let smooth = (x / scale + zero).clamp(low, high)
    let value = (rounded(x / scale) + zero).clamp(low, high)
    return [.plain(value.stopGradient() + (smooth - smooth.stopGradient()))]
  }

  /// `(x − zero)·scale`.
  private static func dequantize(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let scale = try spread(call, 1, over: x.shape)
    guard call.optional(2) != nil else { return [.plain(x * scale)] }
    return [.plain((x - (try spread(call, 2, over: x.shape))) * scale)]
  }

  /// A scale or zero: one number, or one for each place or block of places along an axis.
  private static func spread(
    _ call: ONNXCall, _ index: Int, over shape: Shape
  ) throws(ONNXFault) -> Tensor {
    let given = try call.tensor(index)
    guard given.shape.count > 1 else { return given.reshape(to: .scalar) }
    let axis = try call.axis(call.int("axis", 1), rank: shape.rank)
    let block = call.int("block_size", 0)
    guard block > 0 else {
      guard given.shape == [shape[axis]] else {
        throw ONNXFault("\(given.shape) does not scale axis \(axis) of \(shape)")
      }
      var row = Array(repeating: 1, count: shape.rank)
      row[axis] = shape[axis]
      return given.reshape(row)
    }
    guard given.shape.rank == shape.rank, shape.rank < 8, block <= 1 << 30,
      given.shape[axis] * block >= shape[axis]
    else { throw ONNXFault("\(given.shape) does not scale blocks of \(block) of \(shape)") }
    var (narrow, wide, target) = (
      given.shape.dimensions, given.shape.dimensions, given.shape.dimensions
    )
    narrow.insert(1, at: axis + 1)
    wide.insert(block, at: axis + 1)
    target[axis] *= block
    return given.reshape(narrow).broadcast(to: try Shape(onnx: wide)).reshape(target)
      .slice(axis: axis, 0..<shape[axis])
  }
}
