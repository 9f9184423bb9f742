import RetortCore

/// A value of an ONNX graph while it is built.
enum ONNXValue {
  /// Known now.
  case constant(ONNXConstant)
  /// Computed by the device; if it is an image, `[N, C, H, W]` of the file is stored as `[N, H, W, C]`.
  case tensor(Tensor, isImage: Bool)

  /// A tensor in the file's order of axes.
  static func plain(_ tensor: Tensor) -> ONNXValue { .tensor(tensor, isImage: false) }

  /// A tensor stored as `[N, H, W, C]`.
  static func image(_ tensor: Tensor) -> ONNXValue { .tensor(tensor, isImage: true) }

  /// The constant; nil for a tensor.
  var constant: ONNXConstant? {
    if case .constant(let value) = self { return value }
    return nil
  }

  /// The extents in the file's order of axes.
  var shape: [Int] {
    switch self {
    case .constant(let value): value.shape
    case .tensor(let tensor, true):
      [tensor.shape[0], tensor.shape[3], tensor.shape[1], tensor.shape[2]]
    case .tensor(let tensor, false): tensor.shape.dimensions
    }
  }

  /// The value in the file's order of axes, of its own element type.
  func ordered(in graph: Graph) throws(ONNXFault) -> Tensor {
    switch self {
    case .constant(let value):
      return value.integers == nil ? try value.tensor(in: graph) : try value.indices(in: graph)
    case .tensor(let tensor, false): return tensor
    case .tensor(let tensor, true):
      // One pixel has the same order of elements in both layouts.
      if tensor.shape[1] == 1, tensor.shape[2] == 1 {
        return tensor.reshape([tensor.shape[0], tensor.shape[3], 1, 1])
      }
      return tensor.transpose([0, 3, 1, 2])
    }
  }

  /// The value in the file's order of axes, as float32.
  func numbers(in graph: Graph) throws(ONNXFault) -> Tensor {
    if case .constant(let value) = self { return try value.tensor(in: graph) }
    return try ordered(in: graph).toFloat()
  }

  /// The value as `[N, H, W, C]`, with a height of 1 if it has one axis of space only.
  ///
  /// - Throws: `ONNXFault` if it is neither of rank 3 nor of rank 4.
  func image(in graph: Graph) throws(ONNXFault) -> Tensor {
    if case .tensor(let tensor, true) = self { return tensor }
    let tensor = try numbers(in: graph)
    switch tensor.shape.rank {
    case 4: return tensor.transpose([0, 2, 3, 1])
    case 3:
      let (batch, channels, length) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
      return tensor.transpose([0, 2, 1]).reshape([batch, 1, length, channels])
    default:
      throw ONNXFault("\(tensor.shape) is not of three or four axes, as images and signals are")
    }
  }

  /// Whether the elements are whole numbers by type.
  var isWhole: Bool {
    switch self {
    case .constant(let value): value.integers != nil
    case .tensor(let tensor, _): tensor.dtype == .int32
    }
  }

  /// This value with `function` applied to every element, as a number; whole ones stay whole by type.
  func mapped(
    in graph: Graph, _ function: (Tensor) -> Tensor
  ) throws(ONNXFault) -> ONNXValue {
    let result: ONNXValue =
      if case .tensor(let tensor, let isImage) = self {
        .tensor(function(tensor.toFloat()), isImage: isImage)
      } else {
        .plain(function(try numbers(in: graph)))
      }
    return result.whole(if: isWhole)
  }

  /// This value, as whole numbers by type if `isWhole`.
  func whole(if isWhole: Bool) -> ONNXValue {
    guard isWhole, case .tensor(let tensor, let isImage) = self else { return self }
    return .tensor(tensor.toInteger(), isImage: isImage)
  }

  /// Values in one common layout, float32, so that they broadcast as in the file.
  static func aligned(
    _ values: [ONNXValue], in graph: Graph
  ) throws(ONNXFault) -> (tensors: [Tensor], isImage: Bool) {
    var isImage = false
    for case .tensor(_, true) in values { isImage = true }
    guard isImage, values.allSatisfy({ $0.shape.count <= 4 }) else {
      var tensors: [Tensor] = []
      for value in values { tensors.append(try value.numbers(in: graph)) }
      return (tensors, false)
    }
    var tensors: [Tensor] = []
    for value in values {
      if case .tensor(let tensor, true) = value {
        tensors.append(tensor)
        continue
      }
      let tensor = try value.numbers(in: graph)
      guard tensor.shape.count != 1 else {
        tensors.append(tensor.reshape(to: .scalar))
        continue
      }
      let ones = Array(repeating: 1, count: 4 - tensor.shape.rank)
      tensors.append(tensor.reshape(ones + tensor.shape.dimensions).transpose([0, 2, 3, 1]))
    }
    return (tensors, true)
  }
}
