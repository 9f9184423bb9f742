import RetortCore

extension ONNXOperators {
  /// Operators that choose elements by their places.
  static let indexing: [String: ONNXOperator] = [
    "Gather": gather,
    "Slice": slice,
  ]

  /// The elements at fixed places of one axis.
  static func gathered(_ x: Tensor, _ places: [Int], axis: Int) throws(ONNXFault) -> Tensor {
    guard places.allSatisfy({ (0..<x.shape[axis]).contains($0) }) else {
      throw ONNXFault("an index leaves the \(x.shape[axis]) elements of axis \(axis)")
    }
    if let first = places.first, places == Array(first..<first + places.count) {
      return x.slice(axis: axis, first..<first + places.count)
    }
    let indices = x.graph.constant(places.map { Int32(truncatingIfNeeded: $0) }, [places.count])
    return gathered(x.toFloat(), indices, axis: axis)
  }

  /// The elements at `indices` of one axis, which they replace.
  private static func gathered(_ x: Tensor, _ indices: Tensor, axis: Int) -> Tensor {
    let rank = x.shape.rank
    let rest = (0..<rank).filter { $0 != axis }
    let rows = x.transpose([axis] + rest).gather(indices)
    let added = indices.shape.rank
    // The axes of `indices` come first; they belong behind those before `axis`.
    let order =
      (0..<axis).map { added + $0 } + Array(0..<added) + (axis..<rank - 1).map { added + $0 }
    return rows.transpose(order)
  }

  private static func gather(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let x = try call.tensor(0)
    let axis = try call.axis(call.int("axis", 0), rank: x.shape.rank)
    guard let indices = try call.value(1).constant else {
      let indices = try call.indices(1, extent: x.shape[axis])
      guard indices.shape.rank + x.shape.rank - 1 <= 8 else {
        throw ONNXFault("its result would have more than eight axes")
      }
      return [.plain(gathered(x, indices, axis: axis))]
    }
    let places = try places(indices, x.shape[axis])
    var shape = x.shape.dimensions
    shape.replaceSubrange(axis...axis, with: indices.shape)
    return [.plain(try gathered(x, places, axis: axis).reshape(to: try Shape(onnx: shape)))]
  }

  /// Indices from 0; negative ones count from the end.
  static func places(_ indices: ONNXConstant, _ extent: Int) throws(ONNXFault) -> [Int] {
    guard let integers = indices.integers,
      integers.allSatisfy({ (-extent..<max(extent, 0)).contains($0) })
    else { throw ONNXFault("an index leaves the \(extent) elements of its axis") }
    return integers.map { $0 < 0 ? $0 + extent : $0 }
  }

  /// The part of one axis that `Slice` takes.
  struct Part {
    var start: Int, count: Int, step: Int
  }

  /// What `Slice` takes of each axis.
  static func parts(of extents: [Int], _ call: ONNXCall) throws(ONNXFault) -> [Part] {
    var parts = extents.map { Part(start: 0, count: $0, step: 1) }
    guard let starts = try call.integers(1) ?? call.ints("starts"),
      let ends = try call.integers(2) ?? call.ints("ends"), starts.count == ends.count
    else { throw ONNXFault("it lacks starts and ends") }
    let given = try call.integers(3) ?? call.ints("axes") ?? Array(0..<starts.count)
    let axes = try call.axes(given, rank: extents.count)
    let steps = try call.integers(4) ?? axes.map { _ in 1 }
    guard axes.count == starts.count, steps.count == axes.count, !steps.contains(0) else {
      throw ONNXFault("its starts, ends, axes and steps are not as many")
    }
    for (index, axis) in axes.enumerated() {
      let (extent, step) = (extents[axis], steps[index])
      let bounds = step > 0 ? 0...extent : -1...max(extent - 1, -1)
      func bound(_ value: Int) -> Int {
        let value = value < 0 ? value + extent : value
        return min(max(value, bounds.lowerBound), bounds.upperBound)
      }
      let (start, end) = (bound(starts[index]), bound(ends[index]))
      let length = step > 0 ? end - start : start - end
      let stride = Int(clamping: step.magnitude)
      let count = length <= 0 ? 0 : (length - 1) / stride + 1
      parts[axis] = Part(start: count == 0 ? 0 : start, count: count, step: count <= 1 ? 1 : step)
    }
    return parts
  }

  private static func slice(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    var x = try call.value(0).ordered(in: call.graph)
    for (axis, part) in try parts(of: x.shape.dimensions, call).enumerated() {
      if part.step == 1 {
        x = x.slice(axis: axis, part.start..<part.start + part.count)
      } else {
        x = try gathered(x, (0..<part.count).map { part.start + $0 * part.step }, axis: axis)
      }
    }
    return [.plain(x)]
  }
}
