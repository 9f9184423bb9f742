import RetortCore

/// The geometry of a convolution or pooling as attributes give it, over two axes of space.
struct ONNXWindow {
  /// Rows, then columns.
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
  ///   - rank: The number of axes of space, 1 or 2.
  ///   - kernel: The extents of the kernel over two axes; nil for those of `kernel_shape`.
  init(_ call: ONNXCall, rank: Int, kernel given: [Int]? = nil) throws(ONNXFault) {
    guard rank == 1 || rank == 2 else {
      throw ONNXFault("it has \(rank) axes of space; one and two are supported")
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
    for axis in 0..<2 {
      let output = (input[axis] + strides[axis] - 1) / strides[axis]
      set(axis, total: max(0, (output - 1) * strides[axis] + reach(axis) - input[axis]))
    }
  }

  /// Pads so that a transposed convolution of `input` gives `output`, or the extents that the node asks for.
  ///
  /// - Returns: The extents of the output.
  mutating func padTransposed(_ input: [Int], output: [Int]?) throws(ONNXFault) -> [Int] {
    let whole = (0..<2).map {
      (input[$0] - 1) * strides[$0] + outputPadding[$0] + reach($0)
    }
    let wanted =
      output ?? (automatic.hasPrefix("SAME") ? (0..<2).map { input[$0] * strides[$0] } : nil)
    guard let wanted else { return (0..<2).map { whole[$0] - low[$0] - high[$0] } }
    for axis in 0..<2 {
      guard wanted[axis] <= whole[axis] else {
        throw ONNXFault("its output of \(wanted) is larger than its kernel reaches")
      }
      set(axis, total: whole[axis] - wanted[axis])
    }
    return wanted
  }

  private mutating func set(_ axis: Int, total: Int) {
    let less = total / 2
    (low[axis], high[axis]) =
      automatic == "SAME_LOWER" ? (total - less, less) : (less, total - less)
  }

  /// The geometry of a convolution.
  func convolution(groups: Int) -> Convolution {
    var geometry = Convolution(groups: groups)
    (geometry.strideY, geometry.strideX) = (strides[0], strides[1])
    (geometry.dilationY, geometry.dilationX) = (dilations[0], dilations[1])
    (geometry.padTop, geometry.padLeft) = (low[0], low[1])
    (geometry.padBottom, geometry.padRight) = (high[0], high[1])
    return geometry
  }

  /// The geometry of a pooling over `input`, whose last windows may reach over the padding if `isCeiling`.
  func pooling(_ input: [Int], isCeiling: Bool) throws(ONNXFault) -> Pooling {
    guard dilations == [1, 1] else {
      throw ONNXFault("it has dilations \(dilations); [1, 1] is supported")
    }
    var high = high
    if isCeiling {
      for axis in 0..<2 {
        let room = input[axis] + low[axis] + high[axis] - kernel[axis]
        guard room >= 0, room % strides[axis] != 0 else { continue }
        // A window that would begin in the padding is left out.
        let start = (room / strides[axis] + 1) * strides[axis]
        if start < input[axis] + low[axis] { high[axis] += strides[axis] - room % strides[axis] }
      }
    }
    guard (0..<2).allSatisfy({ max(low[$0], high[$0]) <= kernel[$0] / 2 }) else {
      throw ONNXFault("its padding \(low + high) exceeds half of the window \(kernel)")
    }
    var pooling = Pooling(window: 1)
    (pooling.height, pooling.width) = (kernel[0], kernel[1])
    (pooling.strideY, pooling.strideX) = (strides[0], strides[1])
    (pooling.padTop, pooling.padLeft) = (low[0], low[1])
    (pooling.padBottom, pooling.padRight) = (high[0], high[1])
    return pooling
  }
}
