import RetortCore

extension ONNXOperators {
  /// Operators that choose elements by their values, or by places of their own.
  static let selections: [String: ONNXOperator] = [
    "ArgMax": { call throws(ONNXFault) in try extremum(call, of: call.tensor(0)) },
    "ArgMin": { call throws(ONNXFault) in try extremum(call, of: -call.tensor(0)) },
    "GatherElements": gatherElements,
    "TopK": largest,
  ]

  /// The place of the first or last maximum along an axis.
  private static func extremum(_ call: ONNXCall, of x: Tensor) throws(ONNXFault) -> [ONNXValue] {
    let rank = x.shape.rank
    let axis = try call.axis(call.int("axis", 0), rank: rank)
    let isLast = call.int("select_last_index", 0) != 0
    let count = x.shape[axis]
    guard count > 0 else { throw ONNXFault("there is no largest of nothing") }
    var rows = x.transpose((0..<rank).filter { $0 != axis } + [axis])
    if isLast { rows = try gathered(rows, (0..<count).reversed(), axis: rank - 1) }
    var found = rows.argmax()
    if isLast { found = -found + Double(count - 1) }
    guard call.int("keepdims", 1) != 0 else { return [.plain(found)] }
    var shape = x.shape.dimensions
    shape[axis] = 1
    return [.plain(found.reshape(to: try Shape(onnx: shape)))]
  }

  /// The elements at places along an axis that each element of the indices gives.
  private static func gatherElements(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let axis = try call.axis(call.int("axis", 0), rank: x.shape.rank)
    let indices = try call.indices(1, extent: x.shape[axis])
    let target = indices.shape.dimensions
    guard target.count == x.shape.rank,
      target.indices.allSatisfy({ $0 == axis || target[$0] <= x.shape[$0] }),
      x.shape.count < 1 << 31, indices.shape.count <= 1 << 24
    else { throw ONNXFault("\(indices.shape) does not choose from \(x.shape)") }
    // Where the other axes of each element begin.
    var starts = [0]
    let strides = x.shape.strides
    for (place, extent) in target.enumerated() {
      let step = place == axis ? 0 : strides[place]
      starts = starts.flatMap { start in (0..<extent).map { start + $0 * step } }
    }
    let offsets = call.graph.constant(
      starts.map { Int32(truncatingIfNeeded: $0) }, indices.shape)
    let places = indices * Double(strides[axis]) + offsets
    return [.plain(x.reshape([-1]).gather(places))]
  }

  /// The k largest or smallest elements along an axis in order, and their places.
  ///
  /// Each element is told how many come before it; of equal ones, those at lower places do.
  private static func largest(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let rank = x.shape.rank
    let axis = try call.axis(call.int("axis", -1), rank: rank)
    let count = x.shape[axis]
    guard let k = try call.integers(1)?.first ?? (call.opset < 10 ? call.int("k", 0) : nil),
      (0...count).contains(k), count <= 1 << 15, rank < 8
    else { throw ONNXFault("it takes none of 0 to \(count) elements, or of more than \(1 << 15)") }
    let graph = call.graph
    let rest = (0..<rank).filter { $0 != axis }
    let rows = x.transpose(rest + [axis])
    let outer = Array(rows.shape.dimensions.dropLast())
    let signed = call.int("largest", 1) != 0 ? rows : -rows
    let (column, row) = (signed.reshape(outer + [count, 1]), signed.reshape(outer + [1, count]))
    let places = graph.constant((0..<count).map { Float($0) }, [count])
    let isEarlier = places.reshape([count, 1]).greater(places)
    let precedes = row.greater(column) + row.equal(column) * isEarlier
    let order = precedes.sum(axes: [rank])
    let numbers = graph.constant((0..<k).map { Float($0) }, [k, 1])
    let isChosen = order.reshape(outer + [1, count]).equal(numbers)
    let values = isChosen.select(rows.reshape(outer + [1, count]), graph.fill(0)).sum(axes: [rank])
    let found = (isChosen * places).sum(axes: [rank])
    var back = Array(0..<rank - 1)
    back.insert(rank - 1, at: axis)
    return [
      .plain(values.transpose(back)), .plain(found.toInteger().transpose(back)),
    ]
  }
}
