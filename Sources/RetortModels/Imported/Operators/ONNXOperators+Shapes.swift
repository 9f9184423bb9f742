import RetortCore

extension ONNXOperators {
  /// Operators that arrange elements otherwise.
  static let shapes: [String: ONNXOperator] = [
    "Concat": concatenate,
    "Constant": { _ throws(ONNXFault) in throw ONNXFault("it has no value that is a tensor") },
    "ConstantOfShape": constantOfShape,
    "Expand": expand,
    "Flatten": flatten,
    "Pad": pad,
    "Range": { _ throws(ONNXFault) in
      throw ONNXFault("its bounds must be fixed by the file or follow from shapes")
    },
    "Reshape": reshape,
    "Shape": { call throws(ONNXFault) in [.constant(try shape(call))] },
    "Size": { call throws(ONNXFault) in
      [.constant(ONNXConstant([try call.value(0).shape.reduce(1, *)], shape: []))]
    },
    "Split": split,
    "Squeeze": { call throws(ONNXFault) in
      let value = try call.value(0)
      return try reshaped(value, squeezed(call, value.shape), call.graph)
    },
    "Tile": tile,
    "Transpose": { call throws(ONNXFault) in
      let x = try call.value(0).ordered(in: call.graph)
      return [.plain(x.transpose(try permutation(call, rank: x.shape.rank)))]
    },
    "Unsqueeze": { call throws(ONNXFault) in
      let value = try call.value(0)
      return try reshaped(value, unsqueezed(call, value.shape), call.graph)
    },
  ]

  private static func reshaped(
    _ value: ONNXValue, _ shape: [Int], _ graph: Graph
  ) throws(ONNXFault) -> [ONNXValue] {
    let x = try value.ordered(in: graph)
    let target = try Shape(onnx: shape)
    guard target.count == x.shape.count else {
      throw ONNXFault("\(x.shape) has not as many elements as \(target)")
    }
    return [.plain(x.reshape(to: target))]
  }

  // MARK: Extents of results, for tensors and constants

  /// The extents that `Shape` gives.
  static func shape(_ call: ONNXCall) throws(ONNXFault) -> ONNXConstant {
    let extents = try call.value(0).shape
    func bound(_ value: Int) -> Int {
      min(max(value < 0 ? value &+ extents.count : value, 0), extents.count)
    }
    let start = bound(call.int("start", 0))
    return ONNXConstant(Array(extents[start..<max(start, bound(call.int("end", extents.count)))]))
  }

  /// The order of axes that `Transpose` gives.
  static func permutation(_ call: ONNXCall, rank: Int) throws(ONNXFault) -> [Int] {
    guard let order = call.ints("perm") else { return Array((0..<rank).reversed()) }
    guard order.sorted() == Array(0..<rank) else {
      throw ONNXFault("\(order.prefix(9)) is no order of \(rank) axes")
    }
    return order
  }

  /// The extents without those of 1, or without the given axes.
  static func squeezed(_ call: ONNXCall, _ extents: [Int]) throws(ONNXFault) -> [Int] {
    guard let axes = try call.axesOfInput(1, rank: extents.count) else {
      return extents.filter { $0 != 1 }
    }
    guard axes.allSatisfy({ extents[$0] == 1 }) else {
      throw ONNXFault("axes \(axes) of \(extents) are not all of extent 1")
    }
    return extents.indices.filter { !axes.contains($0) }.map { extents[$0] }
  }

  /// The extents with ones at the given axes of the result.
  static func unsqueezed(_ call: ONNXCall, _ extents: [Int]) throws(ONNXFault) -> [Int] {
    guard let given = try call.integers(1) ?? call.ints("axes") else {
      throw ONNXFault("it lacks 'axes'")
    }
    let axes = try call.axes(given, rank: extents.count + given.count)
    var rest = extents[...]
    return (0..<extents.count + axes.count).map { axes.contains($0) ? 1 : rest.removeFirst() }
  }

  /// The extents that `Reshape` asks for: 0 keeps an extent, -1 is what remains.
  static func target(_ call: ONNXCall, _ extents: [Int]) throws(ONNXFault) -> [Int] {
    guard var shape = try call.integers(1) ?? call.ints("shape"), shape.count <= 8 else {
      throw ONNXFault("it lacks a shape of at most eight axes")
    }
    if call.int("allowzero", 0) == 0 {
      for (axis, extent) in shape.enumerated() where extent == 0 {
        guard axis < extents.count else {
          throw ONNXFault("\(extents) has no axis \(axis) to keep")
        }
        shape[axis] = extents[axis]
      }
    }
    if let unknown = shape.firstIndex(of: -1) {
      shape[unknown] = 1
      let known = try Shape(onnx: shape).count
      let count = extents.reduce(1, *)
      shape[unknown] = known == 0 ? 0 : count / known
    }
    guard try Shape(onnx: shape).count == extents.reduce(1, *) else {
      throw ONNXFault("\(extents) cannot be reshaped to \(shape)")
    }
    return shape
  }

  /// The extents on both sides of `Flatten`'s axis.
  static func flattened(_ call: ONNXCall, _ extents: [Int]) throws(ONNXFault) -> [Int] {
    let given = call.int("axis", 1)
    guard (-extents.count...extents.count).contains(given) else {
      throw ONNXFault("\(extents) has no axis \(given)")
    }
    let axis = given < 0 ? given + extents.count : given
    return [extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *)]
  }

  /// The extents that a tensor and `Expand`'s shape broadcast to.
  static func expanded(_ call: ONNXCall, _ extents: [Int]) throws(ONNXFault) -> Shape {
    guard let given = try call.integers(1) else { throw ONNXFault("it lacks a shape") }
    guard let common = Shape.broadcast(try Shape(onnx: extents), try Shape(onnx: given)) else {
      throw ONNXFault("\(extents) cannot be expanded to \(given)")
    }
    return try Shape(onnx: common.dimensions)
  }

  /// The extents of `Split`'s parts along its axis.
  static func parts(_ call: ONNXCall, _ extent: Int) throws(ONNXFault) -> [Int] {
    let count = call.node.outputs.count
    if let given = try call.integers(1) ?? call.ints("split") {
      var rest = extent
      for part in given {
        guard (0...rest).contains(part) else {
          throw ONNXFault("\(given) are no parts of \(extent)")
        }
        rest -= part
      }
      guard rest == 0, given.count == count else {
        throw ONNXFault("\(given) are no \(count) parts of \(extent)")
      }
      return given
    }
    let size = (extent + count - 1) / count
    let parts = (0..<count).map { max(0, min(size, extent - $0 * size)) }
    guard parts.reduce(0, +) == extent else {
      throw ONNXFault("\(extent) cannot be split in \(count)")
    }
    return parts
  }

  // MARK: Tensors

  private static func constantOfShape(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    guard let extents = try call.integers(0) else { throw ONNXFault("it lacks a shape") }
    var value = 0.0
    if case .tensor(let tensor)? = call.node.attributes["value"] {
      value = try ONNXConstant(tensor).numbers.first ?? 0
    }
    return [.plain(call.graph.fill(value, try Shape(onnx: extents)))]
  }

  private static func reshape(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let value = try call.value(0)
    return try reshaped(value, target(call, value.shape), call.graph)
  }

  private static func flatten(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let value = try call.value(0)
    return try reshaped(value, flattened(call, value.shape), call.graph)
  }

  private static func expand(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.value(0).ordered(in: call.graph)
    return [.plain(x.broadcast(to: try expanded(call, x.shape.dimensions)))]
  }

  private static func concatenate(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    var values = call.inputs.compactMap(\.self)
    // Nothing is joined to something in some exports.
    if values.count > 1 { values.removeAll { $0.shape == [0] } }
    guard let rank = values.first?.shape.count else { throw ONNXFault("it has no input") }
    let axis = try call.axis(call.int("axis", 1), rank: rank)
    let (tensors, isImage) = try ONNXValue.aligned(values, in: call.graph)
    return [
      .tensor(
        Tensor.concatenate(tensors, axis: isImage ? [0, 3, 1, 2][axis] : axis), isImage: isImage)
    ]
  }

  private static func split(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let value = try call.value(0)
    let axis = try call.axis(call.int("axis", 0), rank: value.shape.count)
    var start = 0
    var result: [ONNXValue] = []
    for size in try parts(call, value.shape[axis]) {
      if case .tensor(let tensor, true) = value {
        result.append(.image(tensor.slice(axis: [0, 3, 1, 2][axis], start..<start + size)))
      } else {
        let x = try value.ordered(in: call.graph)
        result.append(.plain(x.slice(axis: axis, start..<start + size)))
      }
      start += size
    }
    return result
  }

  private static func tile(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    guard let repeats = try call.integers(1), repeats.count == x.shape.rank,
      repeats.allSatisfy({ (0...Int(Int32.max)).contains($0) }), 2 * repeats.count <= 8
    else { throw ONNXFault("it repeats each of at most four axes a fixed number of times") }
    let extents = x.shape.dimensions
    let pairs = zip(repeats, extents)
    let wide = try Shape(onnx: pairs.flatMap { [$0, $1] })
    let narrow = x.reshape(extents.flatMap { [1, $0] })
    let shape = try Shape(onnx: pairs.map { $0.multipliedReportingOverflow(by: $1).partialValue })
    return [.plain(narrow.broadcast(to: wide).reshape(to: shape))]
  }
}
