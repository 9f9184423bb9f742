import RetortCore

extension ONNXOperators {
  /// Extremes and means of windows.
  static let poolings: [String: ONNXOperator] = [
    "AveragePool": averagePool,
    "GlobalAveragePool": { call throws(ONNXFault) in
      try global(call) { $0.mean(axes: $1, keepingAxes: true) }
    },
    "GlobalMaxPool": { call throws(ONNXFault) in
      try global(call) { $0.maximum(axes: $1, keepingAxes: true) }
    },
    "MaxPool": maxPool,
  ]

  /// A pooling of the device, unless the geometry asks for windows that are gathered.
  private static func pooling(
    _ call: ONNXCall, gathers: Bool, countsPadding: Bool = false,
    _ function: (Tensor, Pooling) -> Tensor,
    gathered: (Windows) throws(ONNXFault) -> [ONNXValue]
  ) throws(ONNXFault) -> [ONNXValue] {
    let rank = try spaceRank(call)
    let isCeiling = call.int("ceil_mode", 0) != 0
    var window = try ONNXWindow(call, rank: rank)
    if rank <= 2, !gathers {
      let x = try call.image(0)
      window.padSame([x.shape[1], x.shape[2]])
      if var pooling = window.pooling([x.shape[1], x.shape[2]], isCeiling: isCeiling) {
        pooling.countsPadding = countsPadding
        return result(function(x, pooling), rank: rank)
      }
    }
    let x = try call.tensor(0)
    let space = Array(x.shape.dimensions[2...])
    let input = rank == 1 ? [1] + space : space
    window.padSame(input)
    let elements = try window.elements(
      input, isCeiling: isCeiling, countsPadding: countsPadding)
    return try gathered(Windows(x, space: space, elements))
  }

  /// Images whose windows are gathered.
  private struct Windows {
    let elements: ONNXWindowElements
    /// `[elements, images and channels]`.
    let table: Tensor
    /// The extents of space.
    let space: [Int]
    private let images: [Int]

    init(_ x: Tensor, space: [Int], _ elements: ONNXWindowElements) {
      (self.elements, self.space) = (elements, space)
      images = [x.shape[0], x.shape[1]]
      table = x.reshape([images.reduce(1, *), space.reduce(1, *)]).transposed()
    }

    /// The number of elements of a channel.
    var count: Int { space.reduce(1, *) }

    /// The elements of windows, `[windows, positions, images and channels]`.
    ///
    /// - Parameter table: The elements, with a row for what lies in the padding behind them; without one that is 0.
    func gathered(_ table: Tensor) -> Tensor {
      let places = elements.places.map { Int32(truncatingIfNeeded: $0 < 0 ? count : $0) }
      return table.gather(
        table.graph.constant(places, [elements.counts.count, elements.size]))
    }

    /// Numbers of windows, `[windows, images and channels]`, in the file's order of axes.
    func value(_ y: Tensor) throws(ONNXFault) -> ONNXValue {
      guard y.graph.error == nil else { return .plain(y) }
      return .plain(y.transposed().reshape(images + elements.output.suffix(space.count)))
    }
  }

  private static func maxPool(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let hasIndices = call.node.outputs.count > 1 && !call.node.outputs[1].isEmpty
    return try pooling(call, gathers: hasIndices, { $0.maxPool($1) }) { windows throws(ONNXFault) in
      let graph = call.graph
      let nothing = graph.fill(-.infinity, [1, windows.table.shape[1]])
      let x = windows.gathered(Tensor.concatenate([windows.table, nothing], axis: 0))
      let maxima = try windows.value(x.maximum(axes: [1]))
      guard hasIndices else { return [maxima] }
      return [maxima, try windows.value(indices(of: x, windows, call))]
    }
  }

  /// The place of each window's first maximum in the whole input, by rows or by columns.
  private static func indices(
    of x: Tensor, _ windows: Windows, _ call: ONNXCall
  ) throws(ONNXFault) -> Tensor {
    let (graph, elements) = (call.graph, windows.elements)
    guard windows.table.shape.count < 1 << 31 else { throw ONNXFault("its input is too large") }
    let isColumnMajor = call.int("storage_order", 0) != 0
    let numbers = elements.places.map { place in
      guard isColumnMajor, place >= 0 else { return Int32(truncatingIfNeeded: place) }
      var (rest, number) = (place, 0)
      for (axis, extent) in windows.space.enumerated().reversed() {
        number += rest % extent * windows.space[..<axis].reduce(1, *)
        rest /= extent
      }
      return Int32(truncatingIfNeeded: number)
    }
    let starts = elements.counts.indices.map { Int32($0 * elements.size) }
    let found = x.transpose([0, 2, 1]).argmax() + graph.constant(starts, [starts.count, 1])
    let images = (0..<windows.table.shape[1]).map { Int32($0 * windows.count) }
    return graph.constant(numbers, [numbers.count]).gather(found)
      + graph.constant(images, [images.count])
  }

  private static func averagePool(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let countsPadding = call.int("count_include_pad", 0) != 0
    // A window over the end of the padding counts what lies within it.
    let gathers = countsPadding && call.int("ceil_mode", 0) != 0
    return try pooling(
      call, gathers: gathers, countsPadding: countsPadding, { $0.averagePool($1) }
    ) { windows throws(ONNXFault) in
      let counts = windows.elements.counts.map { Float($0) }
      let sum = windows.gathered(windows.table).sum(axes: [1])
      return [try windows.value(sum / call.graph.constant(counts, [counts.count, 1]))]
    }
  }

  /// A reduction over all axes of space.
  private static func global(
    _ call: ONNXCall, _ function: (Tensor, [Int]) -> Tensor
  ) throws(ONNXFault) -> [ONNXValue] {
    let rank = try spaceRank(call)
    guard rank >= 1 else { throw ONNXFault("its input has no axes of space") }
    if rank == 2 { return [.image(function(try call.image(0), [1, 2]))] }
    return [.plain(function(try call.tensor(0), Array(2..<rank + 2)))]
  }
}
