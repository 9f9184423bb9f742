import RetortCore
import RetortFormats

extension ONNXFolding {
  static let structure: [String: Function] = [
    "Concat": concatenate,
    "Constant": constant,
    "ConstantOfShape": constantOfShape,
    "Expand": { call, x throws(ONNXFault) in
      let shape = try ONNXOperators.expanded(call, x[0].shape)
      guard shape.count <= ONNXConstant.limit else { return nil }
      return [x[0].broadcast(to: shape.dimensions)]
    },
    "Flatten": { call, x throws(ONNXFault) in
      [x[0].reshaped(try ONNXOperators.flattened(call, x[0].shape))]
    },
    "Gather": gather,
    "Range": range,
    "Reshape": { call, x throws(ONNXFault) in
      [x[0].reshaped(try ONNXOperators.target(call, x[0].shape))]
    },
    "Slice": { call, x throws(ONNXFault) in
      let parts = try ONNXOperators.parts(of: x[0].shape, call)
      let strides = x[0].strides
      let offset = zip(parts, strides).reduce(0) { $0 + $1.0.start * $1.1 }
      return [
        x[0].view(parts.map(\.count), zip(parts, strides).map { $0.step * $1 }, offset: offset)
      ]
    },
    "Split": { call, x throws(ONNXFault) in
      let axis = try call.axis(call.int("axis", 0), rank: x[0].shape.count)
      var (start, result) = (0, [ONNXConstant]())
      for size in try ONNXOperators.parts(call, x[0].shape[axis]) {
        var shape = x[0].shape
        shape[axis] = size
        result.append(x[0].view(shape, x[0].strides, offset: start * x[0].strides[axis]))
        start += size
      }
      return result
    },
    "Squeeze": { call, x throws(ONNXFault) in
      [x[0].reshaped(try ONNXOperators.squeezed(call, x[0].shape))]
    },
    "Transpose": { call, x throws(ONNXFault) in
      let order = try ONNXOperators.permutation(call, rank: x[0].shape.count)
      return [x[0].view(order.map { x[0].shape[$0] }, order.map { x[0].strides[$0] })]
    },
    "Unsqueeze": { call, x throws(ONNXFault) in
      let shape = try ONNXOperators.unsqueezed(call, x[0].shape)
      return [x[0].reshaped(try Shape(onnx: shape).dimensions)]
    },
  ]

  private static func constant(
    _ call: ONNXCall, _ x: [ONNXConstant]
  ) throws(ONNXFault) -> [ONNXConstant]? {
    for name in ["value", "value_float", "value_floats", "value_int", "value_ints"] {
      switch call.node.attributes[name] {
      case .tensor(let tensor)?: return [try ONNXConstant(tensor)]
      case .float(let value)?: return [ONNXConstant([Double(value)], shape: [])]
      case .floats(let values)?:
        return [ONNXConstant(values.map(Double.init), shape: [values.count])]
      case .int(let value)?: return [ONNXConstant([value], shape: [])]
      case .ints(let values)?: return [ONNXConstant(values)]
      default: continue
      }
    }
    return nil
  }

  private static func constantOfShape(
    _ call: ONNXCall, _ x: [ONNXConstant]
  ) throws(ONNXFault) -> [ONNXConstant]? {
    guard let extents = x.first?.integers else { return nil }
    let shape = try Shape(onnx: extents)
    guard case .tensor(let tensor)? = call.node.attributes["value"],
      shape.count <= ONNXConstant.limit
    else { return nil }
    let value = try ONNXConstant(tensor)
    // Numbers are left to the device, which need not store them.
    guard let integer = value.integers?.first else { return nil }
    return [ONNXConstant(Array(repeating: integer, count: shape.count), shape: extents)]
  }

  private static func gather(
    _ call: ONNXCall, _ x: [ONNXConstant]
  ) throws(ONNXFault) -> [ONNXConstant]? {
    guard x.count == 2 else { return nil }
    let axis = try call.axis(call.int("axis", 0), rank: x[0].shape.count)
    let places = try ONNXOperators.places(x[1], x[0].shape[axis])
    var shape = x[0].shape
    shape.replaceSubrange(axis...axis, with: x[1].shape)
    let count = try Shape(onnx: shape).count
    guard count <= ONNXConstant.limit else { return nil }
    let inner = x[0].strides[axis]
    let extent = x[0].shape[axis]
    let outer = places.isEmpty || inner == 0 ? 0 : count / places.count / inner
    var indices: [Int] = []
    for block in 0..<outer {
      for place in places {
        let start = (block * extent + place) * inner
        indices += start..<start + inner
      }
    }
    return [x[0].selecting(indices, shape: shape)]
  }

  private static func range(
    _ call: ONNXCall, _ x: [ONNXConstant]
  ) throws(ONNXFault) -> [ONNXConstant]? {
    guard x.count == 3, x.allSatisfy({ $0.count == 1 }) else { return nil }
    let bounds = x.map { $0.numbers[0] }
    let count = ((bounds[1] - bounds[0]) / bounds[2]).rounded(.up)
    guard bounds[2] != 0, count <= Double(ONNXConstant.limit) else {
      throw ONNXFault(
        "a range from \(bounds[0]) to \(bounds[1]) by \(bounds[2]) is none, or too long")
    }
    let indices = 0..<Int(max(0, count))
    guard x.allSatisfy({ $0.integers != nil }),
      bounds.allSatisfy({ Swift.abs($0) < 0x1p52 })
    else {
      return [
        ONNXConstant(indices.map { bounds[0] + Double($0) * bounds[2] }, shape: [indices.count])
      ]
    }
    return [ONNXConstant(indices.map { Int(bounds[0]) + $0 * Int(bounds[2]) })]
  }

  private static func concatenate(
    _ call: ONNXCall, _ x: [ONNXConstant]
  ) throws(ONNXFault) -> [ONNXConstant]? {
    guard let first = x.first else { return nil }
    let axis = try call.axis(call.int("axis", 0), rank: first.shape.count)
    // Lists, as of extents; joining along other axes is left to the device.
    guard axis == 0,
      x.allSatisfy({ !$0.shape.isEmpty && $0.shape.dropFirst() == first.shape.dropFirst() }),
      x.reduce(0, { $0 + $1.count }) <= ONNXConstant.limit,
      Set(x.map { $0.integers == nil }).count == 1
    else { return nil }
    let shape = [x.reduce(0) { $0 + $1.shape[0] }] + first.shape.dropFirst()
    let integers = x.compactMap(\.integers)
    return integers.count == x.count
      ? [ONNXConstant(integers.flatMap(\.self), shape: shape)]
      : [ONNXConstant(x.flatMap(\.numbers), shape: shape)]
  }
}

extension ONNXConstant {
  /// The distances of neighbours along each axis.
  var strides: [Int] {
    var (strides, step) = (shape, 1)
    for axis in shape.indices.reversed() {
      strides[axis] = step
      step &*= shape[axis]  // wraps only where there are no elements
    }
    return strides
  }

  /// The elements at `offset` and multiples of `strides` from it.
  func view(_ target: [Int], _ strides: [Int], offset: Int = 0) -> ONNXConstant {
    if target.contains(0) { return selecting([], shape: target) }
    var indices = [offset]
    for (extent, stride) in zip(target, strides) {
      indices = indices.flatMap { start in (0..<extent).map { start + $0 * stride } }
    }
    return selecting(indices, shape: target)
  }

  /// The elements repeated to a shape that they broadcast to.
  func broadcast(to target: [Int]) -> ONNXConstant {
    if target == shape { return self }
    let missing = target.count - shape.count
    let strides = self.strides
    return view(
      target,
      target.indices.map { axis in
        axis < missing || shape[axis - missing] == 1 ? 0 : strides[axis - missing]
      })
  }
}
