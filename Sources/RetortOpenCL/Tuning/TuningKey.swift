import RetortCore

/// The key that a choice is stored under: a kernel's form, and a contraction with all its extents.
///
/// Its text is canonical, such as `vector matmul 1x128x512x784 nt` (batch, m, n, k; which operands
/// are transposed) or `vector convolution forward 128x28x28x16 3x3x16 s1 p1`: input, kernel and
/// output channels, stride and padding; then dilation (`d2`) and groups (`g4`) other than 1, and
/// `loads` where an input has a prologue. It ends with `fused` where more than the sum is stored.
package struct TuningKey: Hashable, Sendable, CustomStringConvertible {
  /// The canonical text.
  package let description: String

  /// The key of a given text.
  package init(_ text: String) { description = text }

  /// The key of a matrix product.
  package init(_ matmul: MatmulStep, _ form: KernelForm) {
    let operands = (matmul.transposeA ? "t" : "n") + (matmul.transposeB ? "t" : "n")
    self.init(
      "\(form.rawValue) matmul \(matmul.batch)x\(matmul.m)x\(matmul.n)x\(matmul.k) \(operands)"
        + Self.suffix(matmul.epilogue))
  }

  /// The key of a convolution or one of its gradients, which all have the forward shapes.
  package init(_ convolution: ConvolutionStep, _ form: KernelForm) {
    let (input, weight) = (convolution.input, convolution.weight)
    let geometry = convolution.geometry
    var text = "\(form.rawValue) convolution \(convolution.direction)"
    text += " \(input[0])x\(input[1])x\(input[2])x\(input[3])"
    text += " \(weight[1])x\(weight[2])x\(weight[0])"
    text += " s" + Self.short([geometry.strideY, geometry.strideX])
    text +=
      " p"
      + Self.short([
        geometry.padTop, geometry.padLeft, geometry.padBottom, geometry.padRight,
      ])
    let dilation = Self.short([geometry.dilationY, geometry.dilationX])
    if dilation != "1" { text += " d" + dilation }
    if geometry.groups != 1 { text += " g\(geometry.groups)" }
    if !convolution.fusedPrologues.isEmpty { text += " loads" }
    self.init(text + Self.suffix(convolution.epilogue))
  }

  private static func suffix(_ epilogue: PointwiseProgram) -> String {
    epilogue.isPlainStore ? "" : " fused"
  }

  private static func short(_ extents: [Int]) -> String {
    Set(extents).count == 1 ? "\(extents[0])" : extents.map(String.init).joined(separator: "x")
  }
}

extension Lowering {
  /// The key of a step's contraction; nil for steps that are none.
  package func tuningKey(of step: Step) -> TuningKey? {
    guard step.outputs.contains(where: { plan.values[$0].count > 0 }) else { return nil }
    return switch step.kind {
    case .matmul(let matmul): TuningKey(matmul, form)
    case .convolution(let convolution):
      convolution.matrixProduct.map { TuningKey($0, form) } ?? TuningKey(convolution, form)
    default: nil
    }
  }
}
