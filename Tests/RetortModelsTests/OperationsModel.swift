import RetortCore
import RetortNN

/// A model that computes by every operation that evaluation may have, of pictures `[batch, height, width, 3]`.
final class OperationsModel: Module {
  let table = Parameter([4, 3], .normal(deviation: 1))
  let rows = Parameter([6, 5], .normal(deviation: 1))
  let plane = Parameter([16, 1, 3], .normal(deviation: 1))
  let norm = LayerNorm(3)
  let grouped = Conv2d(
    6, 4, kernelHeight: 3, kernelWidth: 2,
    geometry: {
      var geometry = Convolution(stride: 2, dilation: 2, groups: 2)
      (geometry.padTop, geometry.padRight) = (2, 1)
      return geometry
    }())
  let transposed = ConvTranspose2d(3, 2, kernel: 3, stride: 2, padding: 1, outputPadding: 1)

  override func forward(_ x: Tensor) -> Tensor {
    let parts = elements(x) + views(x) + contractions(x) + reductions(x)
    // Small and large results count alike.
    return Tensor.concatenate(
      parts.map { part in
        let numbers = part.toFloat()
        return (numbers / (numbers.abs() + 1)).flatten()
      }, axis: 1)
  }

  private func elements(_ x: Tensor) -> [Tensor] {
    let positive = x.abs() + 0.5
    let other = x.transpose([0, 1, 2, 3]).slice(axis: 3, 1..<2)  // broadcasts over channels
    var parts = UnaryOp.allCases.filter { $0 != .toFloat }.map { op in
      [.log, .log1p, .sqrt, .rsqrt, .reciprocal].contains(op)
        ? positive.unary(op) : (op == .floor ? x * 4 : x).unary(op)
    }
    parts += BinaryOp.allCases.map {
      $0 == .power ? positive.binary($0, other) : x.binary($0, other * 0.5 + plane.tensor)
    }
    parts += [
      x.greater(x.graph.fill(0)).select(x, other.exp()), x.clamp(-0.25, 0.5), x.hardSwish(),
      x.hardSigmoid(), (x * 8).relu6(), x.gelu(), x.softplus(), x.relu() * 0.75 + x * 0.25,
      (x.graph.constant([Float(1), 2, 3], [3]) + x.graph.fill(1, [16, 12, 1])).broadcast(
        to: x.shape) * x,
      x.graph.constant([Float](repeating: 2, count: x.shape.count), x.shape) - x,
    ]
    return parts
  }

  private func views(_ x: Tensor) -> [Tensor] {
    let batch = x.shape[0]
    let turned = x.transpose([0, 3, 2, 1])
    return [
      turned, turned.slice(starts: [0, 1, 2, 3], sizes: [batch, 2, 5, 7]),
      x.pad(low: [0, 1, 0, 2], high: [0, 0, 2, 1]), turned.exp().transpose([0, 2, 3, 1]),
      x.flatten().relu().reshape([batch, 16, 12, 3]).maxPool(Pooling(window: 2)),
      x.reshape([batch, 192, 3]).transpose([0, 2, 1]).softmax(), x.reshape([batch, 4, 48, 3]),
      Tensor.concatenate([x, x.unary(.sin)], axis: 1),
      Tensor.concatenate([turned, turned], axis: 3),
      x.slice(axis: 1, 0..<1).slice(axis: 2, 0..<1).reshape([batch, 3]),
      x.sum(axes: [1, 2]).reshape([batch, 1, 1, 3]) + x,
      x.stopGradient().logSoftmax(), norm(x),
      table.tensor.gather(x.slice(axis: 3, 0..<2).argmax()),
      x.graph.fill(3, [batch, 2]), plane.tensor.broadcast(to: [batch, 16, 2, 3]),
      (x.slice(axis: 3, 0..<1) + x.graph.constant((0..<192).map { Float($0) }, [16, 12, 1])),
    ]
  }

  private func contractions(_ x: Tensor) -> [Tensor] {
    let batch = x.shape[0]
    let square = x.slice(axis: 2, 0..<6).reshape([batch, 16, 18])
    let six = x.flatten().slice(axis: 1, 0..<6)
    return [
      six.matmul(rows.tensor), six.matmul(rows.tensor.transposed(), transposeB: true),
      six.transposed().matmul(rows.tensor, transposeA: true),
      rows.tensor.matmul(six, transposeA: true, transposeB: true).transposed(),
      square.matmul(square, transposeB: true), square.matmul(square, transposeA: true),
      square.matmul(square.transpose([0, 2, 1])),
      square.transpose([0, 2, 1]).matmul(square, transposeA: true, transposeB: true),
      grouped(Tensor.concatenate([x, -x], axis: 3)), transposed(x),
    ]
  }

  private func reductions(_ x: Tensor) -> [Tensor] {
    var overlapping = Pooling(window: 3, stride: 2, padding: 1)
    overlapping.padBottom = 0
    var bare = overlapping
    bare.countsPadding = false
    return [
      x.sum(axes: [1]), x.sum(axes: [3], keepingAxes: true), x.mean(axes: [2, 3]),
      x.mean(axes: [1, 2]), x.maximum(axes: [1, 3]), x.minimum(axes: [2]),
      x.maxPool(overlapping), x.averagePool(overlapping), x.averagePool(bare),
      x.adaptiveAveragePool(height: 5, width: 7), x.globalAveragePool().argmax().reshape([-1, 1]),
    ]
  }
}

/// A model of one function.
final class FunctionModel: Module {
  private let function: (Tensor) -> Tensor

  init(_ function: @escaping (Tensor) -> Tensor) { self.function = function }

  override func forward(_ x: Tensor) -> Tensor { function(x) }
}
