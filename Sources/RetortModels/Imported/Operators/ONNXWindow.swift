import RetortCore

/// The geometry of a convolution or pooling as attributes give it; one axis of space is given a second before it.
struct ONNXWindow {
  /// The extents along each axis of space, such as rows, then columns.
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  /// Before and after each axis.
  var low: [Int], high: [Int]
  /// Added at the end of transposed convolutions.
  var outputPadding: [Int]
  /// Whether `auto_pad` chooses the padding by the sizes.
  private let automatic: String

  /// The geometry that a node gives.
  ///
  /// - Parameters:
  ///   - rank: The number of axes of space, 1 to 3.
  ///   - kernel: The extents of the kernel over at least two axes; nil for those of `kernel_shape`.
  init(_ call: ONNXCall, rank: Int, kernel given: [Int]? = nil) throws(ONNXFault) {
    guard (1...3).contains(rank) else {
      throw ONNXFault("it has \(rank) axes of space; one to three are supported")
    }
    func pair(_ values: [Int]?, _ usual: Int, _ least: Int) throws(ONNXFault) -> [Int] {
      let values = values ?? Array(repeating: usual, count: rank)
      guard values.count == rank, values.allSatisfy({ (least...1 << 30).contains($0) }) else {
        throw ONNXFault("\(values.prefix(4)) is no geometry of \(rank) axes")
      }
      return rank == 1 ? [usual] + values : values
    }
    let own = call.ints("kernel_shape")
    kernel = if let given { given } else { try pair(own, 1, 1) }
    if own == nil, given == nil { throw ONNXFault("it lacks 'kernel_shape'") }
    strides = try pair(call.ints("strides"), 1, 1)
    dilations = try pair(call.ints("dilations"), 1, 1)
    outputPadding = try pair(call.ints("output_padding"), 0, 0)
    let pads = call.ints("pads") ?? Array(repeating: 0, count: 2 * rank)
    guard pads.count == 2 * rank else { throw ONNXFault("its pads are not two for each axis") }
    automatic = call.text("auto_pad") ?? "NOTSET"
    guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic) else {
      throw ONNXFault("it pads by '\(automatic)'")
    }
    let isGiven = automatic == "NOTSET" || automatic.isEmpty
    low = try pair(isGiven ? Array(pads[..<rank]) : nil, 0, 0)
    high = try pair(isGiven ? Array(pads[rank...]) : nil, 0, 0)
  }

  /// The extent of the kernel with its gaps.
  func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

  /// Pads so that each stride over `input` gives one output, if the node asks for that.
  mutating func padSame(_ input: [Int]) {
    guard automatic.hasPrefix("SAME") else { return }
    for axis in kernel.indices {
      let output = (input[axis] + strides[axis] - 1) / strides[axis]
      set(axis, total: max(0, (output - 1) * strides[axis] + reach(axis) - input[axis]))
    }
  }

  /// Pads so that a transposed convolution of `input` gives `output`, or the extents that the node asks for.
  ///
  /// - Returns: The extents of the output.
  mutating func padTransposed(_ input: [Int], output: [Int]?) throws(ONNXFault) -> [Int] {
    let whole = kernel.indices.map {
      (input[$0] - 1) * strides[$0] + outputPadding[$0] + reach($0)
    }
    let wanted =
      output ?? (automatic.hasPrefix("SAME") ? kernel.indices.map { input[$0] * strides[$0] } : nil)
    guard let wanted else { return kernel.indices.map { whole[$0] - low[$0] - high[$0] } }
    for axis in kernel.indices {
      // Less than a stride more than the kernel reaches is left to itself, as where 'output_padding' says so.
      guard wanted[axis] - whole[axis] < strides[axis] else {
        throw ONNXFault("its output of \(wanted) is larger than its kernel reaches")
      }
      set(axis, total: max(0, whole[axis] - wanted[axis]))
    }
    return wanted
  }

  private mutating func set(_ axis: Int, total: Int) {
    let less = total / 2
    (low[axis], high[axis]) =
      automatic == "SAME_LOWER" ? (total - less, less) : (less, total - less)
  }

  /// The geometry along the last two of three axes.
  var plane: ONNXWindow {
    var plane = self
    for axis in [\ONNXWindow.kernel, \.strides, \.dilations, \.low, \.high, \.outputPadding] {
      plane[keyPath: axis].removeFirst()
    }
    return plane
  }

  /// The geometry of a convolution over two axes.
  func convolution(groups: Int) -> Convolution {
    var geometry = Convolution(groups: groups)
    (geometry.strideY, geometry.strideX) = (strides[0], strides[1])
    (geometry.dilationY, geometry.dilationX) = (dilations[0], dilations[1])
    (geometry.padTop, geometry.padLeft) = (low[0], low[1])
    (geometry.padBottom, geometry.padRight) = (high[0], high[1])
    return geometry
  }

  /// The geometry of a pooling over `input` that the device has; nil where windows have gaps, more than two axes,
  /// or much padding.
  func pooling(_ input: [Int], isCeiling: Bool) -> Pooling? {
    guard kernel.count == 2, dilations == [1, 1] else { return nil }
    var high = high
    for (axis, count) in outputs(input, isCeiling: isCeiling).enumerated() {
      let end = (count - 1) * strides[axis] + kernel[axis]
      high[axis] = max(high[axis], end - input[axis] - low[axis])
    }
    guard zip(low, high).enumerated().allSatisfy({ max($1.0, $1.1) <= kernel[$0] / 2 }) else {
      return nil
    }
    var pooling = Pooling(window: 1)
    (pooling.height, pooling.width) = (kernel[0], kernel[1])
    (pooling.strideY, pooling.strideX) = (strides[0], strides[1])
    (pooling.padTop, pooling.padLeft) = (low[0], low[1])
    (pooling.padBottom, pooling.padRight) = (high[0], high[1])
    return pooling
  }

  /// How many windows there are along each axis of `input`; the last may reach over the padding if `isCeiling`.
  func outputs(_ input: [Int], isCeiling: Bool) -> [Int] {
    kernel.indices.map { axis in
      let room = input[axis] + low[axis] + high[axis] - reach(axis)
      guard room >= 0 else { return 0 }
      guard isCeiling, room % strides[axis] != 0 else { return room / strides[axis] + 1 }
      // A window that would begin in the padding is left out.
      let start = (room / strides[axis] + 1) * strides[axis]
      return room / strides[axis] + (start < input[axis] + low[axis] ? 2 : 1)
    }
  }

  /// The elements of windows over `input`, where the device has no such pooling.
  ///
  /// - Parameters:
  ///   - isCeiling: Whether the last windows may reach over the padding.
  ///   - countsPadding: Whether averages count padded positions.
  /// - Throws: `ONNXFault` for windows that do not fit, or are too many.
  func elements(
    _ input: [Int], isCeiling: Bool, countsPadding: Bool
  ) throws(ONNXFault) -> ONNXWindowElements {
    let output = outputs(input, isCeiling: isCeiling)
    let whole = try Shape(onnx: output + kernel).count
    guard whole > 0, whole <= 1 << 23, try Shape(onnx: input).count < 1 << 31 else {
      throw ONNXFault("\(kernel) windows over \(input) have no elements, or more than \(1 << 23)")
    }
    var places = [0], counts = [1]
    for axis in kernel.indices {
      let extent = input[axis]
      var next: [Int] = []
      var sizes: [Int] = []
      let taps = places.count / counts.count
      for window in counts.indices {
        for index in 0..<output[axis] {
          let start = index * strides[axis] - low[axis]
          let steps = (0..<kernel[axis]).map { start + $0 * dilations[axis] }
          let end = extent + (countsPadding ? high[axis] : 0)
          let first = countsPadding ? -low[axis] : 0
          sizes.append(counts[window] * steps.count { $0 >= first && $0 < end })
          for place in places[window * taps..<(window + 1) * taps] {
            next += steps.map { step in
              place < 0 || step < 0 || step >= extent ? -1 : place * extent + step
            }
          }
        }
      }
      (places, counts) = (next, sizes)
    }
    return ONNXWindowElements(output: output, places: places, counts: counts)
  }
}

/// Which elements of an image with all axes of space in one each window of a pooling covers.
struct ONNXWindowElements {
  /// The number of windows along each axis.
  let output: [Int]
  /// The element at each position of each window; -1 in the padding.
  let places: [Int]
  /// What the average of each window divides by.
  let counts: [Int]

  /// The number of positions in a window.
  var size: Int { places.count / counts.count }
}
