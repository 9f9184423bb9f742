import RetortCore
import RetortFormats
import RetortNN

/// One node while its outputs are added to a graph.
struct ONNXCall {
  let node: ONNXNode
  /// The values of the node's inputs; nil for one that is left out.
  private(set) var inputs: [ONNXValue?]
  /// The version of the operators.
  let opset: Int
  /// The forward pass under construction.
  let context: ForwardContext
  /// The parameters by their names in the file.
  let parameters: [String: Parameter]
  /// The values that are true or false.
  let truths: Set<String>

  var graph: Graph { context.graph }

  /// The same node of other inputs.
  func with(_ inputs: [ONNXValue]) -> ONNXCall {
    var call = self
    call.inputs = inputs
    return call
  }

  /// The value of an input; nil if it is left out.
  func optional(_ index: Int) -> ONNXValue? {
    inputs.indices.contains(index) ? inputs[index] : nil
  }

  /// The value of an input.
  ///
  /// - Throws: `ONNXFault` if it is left out.
  func value(_ index: Int) throws(ONNXFault) -> ONNXValue {
    guard let value = optional(index) else { throw ONNXFault("it lacks input \(index)") }
    return value
  }

  /// An input in the file's order of axes, as float32.
  func tensor(_ index: Int) throws(ONNXFault) -> Tensor {
    try value(index).numbers(in: graph)
  }

  /// An input as `[N, H, W, C]`.
  func image(_ index: Int) throws(ONNXFault) -> Tensor { try value(index).image(in: graph) }

  /// The integers of an input; nil if it is left out.
  ///
  /// - Throws: `ONNXFault` for an input that only the device knows, since shapes are fixed when a graph is built.
  func integers(_ index: Int) throws(ONNXFault) -> [Int]? {
    guard let value = optional(index) else { return nil }
    guard let integers = value.constant?.integers else {
      throw ONNXFault("input \(index) must be fixed by the file or follow from shapes")
    }
    return integers
  }

  /// Whether an input is true or false in each place, rather than a number.
  func isTruth(_ index: Int) -> Bool {
    node.inputs.indices.contains(index) && truths.contains(node.inputs[index])
      || optional(index)?.constant?.elementType == .bool
  }

  /// An input as int32 places along an axis of `extent` elements, from 0.
  ///
  /// - Throws: `ONNXFault` for places that leave the axis, where the file fixes them.
  func indices(_ index: Int, extent: Int) throws(ONNXFault) -> Tensor {
    if let constant = try value(index).constant {
      let places = try ONNXOperators.places(constant, extent)
      return try ONNXConstant(places, shape: constant.shape).indices(in: graph)
    }
    let places = try value(index).ordered(in: graph).toInteger()
    let isInside = places.greaterOrEqual(graph.fill(0))
    return places + Double(extent) - isInside * Double(extent)
  }

  /// The only number of an input; nil if it is left out.
  ///
  /// - Throws: `ONNXFault` for an input that the file does not fix.
  func number(_ index: Int) throws(ONNXFault) -> Double? {
    guard let value = optional(index) else { return nil }
    guard let numbers = value.constant?.numbers, numbers.count == 1 else {
      throw ONNXFault("input \(index) must be one number that the file fixes")
    }
    return numbers[0]
  }

  /// An integer attribute.
  func int(_ name: String, _ usual: Int) -> Int {
    if case .int(let value)? = node.attributes[name] { return value }
    return usual
  }

  /// A number attribute.
  func float(_ name: String, _ usual: Double) -> Double {
    switch node.attributes[name] {
    case .float(let value)?: Double(value)
    case .int(let value)?: Double(value)
    default: usual
    }
  }

  /// A list of integers; nil if it is not given.
  func ints(_ name: String) -> [Int]? {
    if case .ints(let values)? = node.attributes[name] { return values }
    return nil
  }

  /// A text; nil if it is not given.
  func text(_ name: String) -> String? {
    if case .text(let value)? = node.attributes[name] { return value }
    return nil
  }

  /// An axis of a tensor of `rank` axes, from 0; negative ones count from the end.
  ///
  /// - Throws: `ONNXFault` if there is none.
  func axis(_ axis: Int, rank: Int) throws(ONNXFault) -> Int {
    guard (-rank..<max(rank, 0)).contains(axis) else {
      throw ONNXFault("a tensor of \(rank) axes has no axis \(axis)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Distinct axes, from 0.
  func axes(_ axes: [Int], rank: Int) throws(ONNXFault) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      let axis = try self.axis(axis, rank: rank)
      guard !result.contains(axis) else { throw ONNXFault("axis \(axis) stands twice") }
      result.append(axis)
    }
    return result
  }

  /// The axes that an input or, in older files, an attribute names; nil for none.
  func axesOfInput(_ index: Int, rank: Int) throws(ONNXFault) -> [Int]? {
    guard let given = try integers(index) ?? ints("axes") else { return nil }
    return try axes(given, rank: rank)
  }
}

/// What computes a node's outputs.
typealias ONNXOperator = @Sendable (ONNXCall) throws(ONNXFault) -> [ONNXValue]
