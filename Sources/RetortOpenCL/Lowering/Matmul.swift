import COpenCL
import RetortCore

extension Lowering {
  /// Appends the launches of a batched matrix product in the device's form, or CLBlast's.
  mutating func matmul(_ step: Step, _ matmul: MatmulStep, _ analysis: StepAnalysis) {
    guard matmul.batch * matmul.m * matmul.n > 0 else { return }
    let choice = tuning[TuningKey(matmul, form)]
    if choice?.algorithm == .clblast, matmul.fitsCLBlast {
      add(sgemm(step, matmul))
      return
    }
    switch form {
    case .vector: matmulVector(step, matmul, choice)
    case .tiled: matmulTiled(step, matmul, choice, analysis)
    }
  }

  private func sgemm(_ step: Step, _ matmul: MatmulStep) -> SgemmCall {
    var call = SgemmCall(
      a: input(step, 0), b: input(step, 1), c: output(step), m: matmul.m, n: matmul.n,
      k: matmul.k)
    (call.transposeA, call.transposeB) = (matmul.transposeA, matmul.transposeB)
    call.batch = matmul.batch
    call.strideA = matmul.m * matmul.k
    call.strideB = matmul.k * matmul.n
    call.strideC = matmul.m * matmul.n
    return call
  }
}

extension MatmulStep {
  /// Whether CLBlast is there and computes all that the step does.
  var fitsCLBlast: Bool { k > 0 && epilogue.isPlainStore && clblast_available() != 0 }
}

/// Integer arithmetic of tilings.
extension Int {
  /// The size of the pieces when this is cut evenly into as few of at most `limit` as do; at least 1.
  func evenPiece(atMost limit: Int) -> Int {
    Swift.max(1, ceilDivided(by: Swift.max(1, ceilDivided(by: limit))))
  }
  /// The least power of two that is not smaller.
  var roundedUpToPower: Int {
    var power = 1
    while power < self { power *= 2 }
    return power
  }
}
