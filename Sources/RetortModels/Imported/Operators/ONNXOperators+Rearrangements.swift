import RetortCore

extension ONNXOperators {
  /// Operators that move blocks of channels, count along axes, or mask by places.
  static let rearrangements: [String: ONNXOperator] = [
    "CumSum": cumulativeSum,
    "DepthToSpace": depthToSpace,
    "Mod": { call throws(ONNXFault) in
      let cuts = call.int("fmod", 0) != 0
      return try combine { remainder($0, $1, cuts: cuts) }(call)
    },
    "OneHot": oneHot,
    "SpaceToDepth": spaceToDepth,
    "Trilu": triangle,
  ]

  /// What remains of a division cut off towards zero, or else towards -∞.
  private static func remainder(_ x: Tensor, _ y: Tensor, cuts: Bool) -> Tensor {
    let quotient = x / y
    let whole =
      cuts ? quotient.unary(.sign) * quotient.abs().unary(.floor) : quotient.unary(.floor)
    let (nothing, infinity) = (x.graph.fill(0), x.graph.fill(.infinity))
    let ofInfinity = cuts ? x : nothing.greater(x * y).select(y, x)
    return y.abs().equal(infinity).select(ofInfinity, x - y * whole)
  }

  /// Extents of an image, and a block size that divides what it must.
  private static func block(
    _ call: ONNXCall, divides: ([Int], Int) -> Bool
  ) throws(ONNXFault) -> (x: Tensor, extents: [Int], size: Int) {
    let x = try call.tensor(0)
    let (extents, size) = (x.shape.dimensions, call.int("blocksize", 0))
    guard extents.count == 4, (1...1 << 15).contains(size), divides(extents, size) else {
      throw ONNXFault("blocks of \(size) do not divide \(x.shape)")
    }
    return (x, extents, size)
  }

  private static func depthToSpace(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let (x, e, b) = try block(call) { $0[1] % ($1 * $1) == 0 }
    let isColumnFirst = (call.text("mode") ?? "DCR") == "CRD"
    let inner =
      isColumnFirst
      ? x.reshape([e[0], e[1] / (b * b), b, b, e[2], e[3]]).transpose([0, 1, 4, 2, 5, 3])
      : x.reshape([e[0], b, b, e[1] / (b * b), e[2], e[3]]).transpose([0, 3, 4, 1, 5, 2])
    return [.plain(inner.reshape([e[0], e[1] / (b * b), e[2] * b, e[3] * b]))]
  }

  private static func spaceToDepth(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let (x, e, b) = try block(call) { $0[2] % $1 == 0 && $0[3] % $1 == 0 }
    let isColumnFirst = (call.text("mode") ?? "DCR") == "CRD"
    let inner = x.reshape([e[0], e[1], e[2] / b, b, e[3] / b, b])
      .transpose(isColumnFirst ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4])
    return [.plain(inner.reshape([e[0], e[1] * b * b, e[2] / b, e[3] / b]))]
  }

  /// Values at two places, on where the index is that of the place; negative ones count from the end.
  private static func oneHot(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let graph = call.graph
    let indices = try call.tensor(0)
    guard let depth = try call.number(1).map({ $0.rounded() }),
      (1...Double(ONNXConstant.limit)).contains(depth), indices.shape.rank < 8
    else { throw ONNXFault("it lacks a depth") }
    let values = try call.tensor(2)
    guard values.shape == [2] else { throw ONNXFault("it lacks two values") }
    let rank = indices.shape.rank + 1
    let axis = try call.axis(call.int("axis", -1), rank: rank)
    var shape = indices.shape.dimensions
    shape.insert(1, at: axis)
    var row = Array(repeating: 1, count: rank)
    row[axis] = Int(depth)
    let places = graph.constant((0..<Int(depth)).map { Float($0) }, [Int(depth)]).reshape(row)
    let given = indices.reshape(shape)
    let isOn = given.equal(places).maximum((given + depth).equal(places))
    let (off, on) = (values.slice(axis: 0, 0..<1), values.slice(axis: 0, 1..<2))
    return [
      .plain(isOn.select(on.reshape(to: .scalar), off.reshape(to: .scalar)))
    ]
  }

  /// Each element summed with those before it along an axis, as a product with a matrix of ones.
  private static func cumulativeSum(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    guard let given = try call.integers(1), given.count == 1 else {
      throw ONNXFault("it lacks an axis")
    }
    let axis = try call.axis(given[0], rank: x.shape.rank)
    let (count, isReversed) = (x.shape[axis], call.int("reverse", 0) != 0)
    let least = call.int("exclusive", 0) != 0 ? 1 : 0
    guard count * count <= ONNXConstant.limit else {
      throw ONNXFault("it sums along \(count) elements; \(1 << 10) are supported")
    }
    let ones: [Float] = (0..<count * count).map { index in
      let (to, from) = (index / max(1, count), index % max(1, count))
      return (isReversed ? from - to : to - from) >= least ? 1 : 0
    }
    return [
      .plain(mixed(x, axis: axis, by: call.graph.constant(ones, [count, count])))
    ]
  }

  /// The elements along an axis multiplied with a matrix of `[results, elements]`.
  static func mixed(_ x: Tensor, axis: Int, by matrix: Tensor) -> Tensor {
    let rank = x.shape.rank
    let order = (0..<rank).filter { $0 != axis } + [axis]
    let rows = x.transpose(order)
    var shape = rows.shape.dimensions
    shape[rank - 1] = matrix.shape[0]
    let product = rows.reshape([-1, x.shape[axis]]).matmul(matrix, transposeB: true)
    var back = Array(0..<rank - 1)
    back.insert(rank - 1, at: axis)
    return product.reshape(shape).transpose(back)
  }

  /// The elements of matrices above or below a diagonal, zeros elsewhere.
  private static func triangle(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    guard x.shape.rank >= 2 else { throw ONNXFault("\(x.shape) is no matrix") }
    let (rows, columns) = (x.shape[-2], x.shape[-1])
    guard rows * columns <= ONNXConstant.limit else {
      throw ONNXFault("its matrices of \(rows)×\(columns) are too large")
    }
    let first = try call.integers(1)?.first ?? 0
    let diagonal = min(max(first, -rows - 1), columns + 1)
    let isUpper = call.int("upper", 1) != 0
    let mask: [Float] = (0..<rows * columns).map { index in
      let distance = index % columns - index / columns
      return (isUpper ? distance >= diagonal : distance <= diagonal) ? 1 : 0
    }
    let kept = call.graph.constant(mask, [rows, columns])
    return [.plain(kept.select(x, call.graph.fill(0)))]
  }
}
