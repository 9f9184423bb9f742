import RetortCore

extension ONNXOperators {
  /// Matrix products.
  static let contractions: [String: ONNXOperator] = [
    "Einsum": einsum,
    "Gemm": gemm,
    "MatMul": matmul,
  ]

  private static func matmul(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    var (a, b) = (try call.tensor(0), try call.tensor(1))
    guard a.shape.rank > 0, b.shape.rank > 0 else { throw ONNXFault("it multiplies no scalars") }
    let (isRow, isColumn) = (a.shape.rank == 1, b.shape.rank == 1)
    if isRow { a = a.reshape([1, a.shape[0]]) }
    if isColumn { b = b.reshape([b.shape[0], 1]) }
    var result: Tensor
    if b.shape.rank == 2 {
      result = a.matmul(b)
    } else {
      let (left, right) = (a.shape.dimensions.dropLast(2), b.shape.dimensions.dropLast(2))
      guard let common = Shape.broadcast(Shape(Array(left)), Shape(Array(right))) else {
        throw ONNXFault("\(a.shape) and \(b.shape) are not multiplied")
      }
      func spread(_ x: Tensor) throws(ONNXFault) -> Tensor {
        x.broadcast(
          to: try Shape(onnx: common.dimensions + x.shape.dimensions.suffix(2)))
      }
      result = try spread(a).matmul(try spread(b))
    }
    guard result.graph.error == nil else { return [.plain(result)] }
    var shape = result.shape.dimensions
    if isColumn { shape.removeLast() }
    if isRow { shape.remove(at: shape.count - (isColumn ? 1 : 2)) }
    result = result.reshape(to: try Shape(onnx: shape))
    return [.plain(result)]
  }

  /// `alpha·A'·B' + beta·C`.
  private static func gemm(_ call: ONNXCall) throws(ONNXFault) -> [ONNXValue] {
    let (a, b) = (try call.tensor(0), try call.tensor(1))
    guard a.shape.rank == 2, b.shape.rank == 2 else {
      throw ONNXFault("\(a.shape) and \(b.shape) are not both matrices")
    }
    let product = a.matmul(
      b, transposeA: call.int("transA", 0) != 0, transposeB: call.int("transB", 0) != 0)
    let result = product * call.float("alpha", 1)
    guard let c = try call.optional(2)?.numbers(in: call.graph) else { return [.plain(result)] }
    return [.plain(result + c * call.float("beta", 1))]
  }
}
