import RetortCore
import RetortFormats

/// A tensor that is known while a graph is built: shapes, indices, and numbers that a file fixes.
struct ONNXConstant {
  /// The elements, row-major.
  enum Elements {
    case integers([Int])
    case numbers([Double])
  }

  var shape: [Int]
  var elements: Elements
  /// The type that a file gives them; nil for what was computed.
  private(set) var elementType: HostTensor.ElementType?

  /// The most elements that are computed while a graph is built; larger tensors are left to the device.
  static let limit = 1 << 20
  /// The most elements that are computed so for all nodes of a file, each of which may make many of a few bytes.
  static let totalLimit = 1 << 22

  /// Integers of any shape.
  init(_ integers: [Int], shape: [Int]? = nil) {
    (self.shape, elements) = (shape ?? [integers.count], .integers(integers))
  }

  /// Numbers of any shape.
  init(_ numbers: [Double], shape: [Int]) { (self.shape, elements) = (shape, .numbers(numbers)) }

  /// The elements of a tensor of a file.
  ///
  /// - Throws: `ONNXFault` for integers that no 64 bits with a sign hold.
  init(_ tensor: HostTensor) throws(ONNXFault) {
    shape = try Shape(onnx: tensor.shape).dimensions
    elementType = tensor.elementType
    if let floats = tensor.floats {
      elements = .numbers(floats.map(Double.init))
    } else if let integers = tensor.int64s {
      elements = .integers(integers.map(Int.init))
    } else {
      throw ONNXFault("it reads whole numbers of more than 63 bits")
    }
  }

  /// The number of elements.
  var count: Int {
    switch elements {
    case .integers(let values): values.count
    case .numbers(let values): values.count
    }
  }

  /// The integers; nil for numbers.
  var integers: [Int]? {
    if case .integers(let values) = elements { return values }
    return nil
  }

  /// All elements as numbers.
  var numbers: [Double] {
    switch elements {
    case .integers(let values): values.map(Double.init)
    case .numbers(let values): values
    }
  }

  /// The elements at `indices` of the row-major order, under another shape.
  func selecting(_ indices: [Int], shape: [Int]) -> ONNXConstant {
    var result = self
    result.shape = shape
    switch elements {
    case .integers(let values): result.elements = .integers(indices.map { values[$0] })
    case .numbers(let values): result.elements = .numbers(indices.map { values[$0] })
    }
    return result
  }

  /// The same elements under another shape of equal count.
  func reshaped(_ shape: [Int]) -> ONNXConstant {
    var result = self
    result.shape = shape
    return result
  }

  /// A float32 tensor of the elements.
  ///
  /// - Throws: `ONNXFault` for a shape that graphs do not take.
  func tensor(in graph: Graph) throws(ONNXFault) -> Tensor {
    let target = try Shape(onnx: shape)
    let values = numbers
    if let first = values.first, values.allSatisfy({ $0.bitPattern == first.bitPattern }) {
      return graph.fill(Double(Float(first)), target)
    }
    return graph.constant(values.map { Float($0) }, target)
  }

  /// An int32 tensor of the integers.
  ///
  /// - Throws: `ONNXFault` for numbers, and for integers that int32 does not hold.
  func indices(in graph: Graph) throws(ONNXFault) -> Tensor {
    guard let integers, integers.allSatisfy({ Int32(exactly: $0) != nil }) else {
      throw ONNXFault("its indices must be whole numbers of at most 31 bits")
    }
    return graph.constant(integers.map { Int32(truncatingIfNeeded: $0) }, try Shape(onnx: shape))
  }
}

/// A reason why a node cannot be taken into a graph.
struct ONNXFault: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

extension Shape {
  /// A shape of a file's extents.
  ///
  /// - Throws: `ONNXFault` for more than eight axes, a negative extent, or too many elements.
  init(onnx dimensions: [Int]) throws(ONNXFault) {
    guard let shape = Shape(checking: dimensions) else {
      throw ONNXFault("a shape of \(dimensions.prefix(9)) is none, or too large")
    }
    self = shape
  }
}
