import RetortCore

/// One way to compute a contraction, and the decisions that are left.
package struct TuningSearch {
  /// The algorithm, where there are several.
  package let base: TuningChoice
  /// For a choice, the alternatives of each decision, the most promising first; later decisions
  /// depend on earlier ones.
  package let decisions: (TuningChoice) -> [[TuningChoice]]
}

extension Lowering {
  /// The ways to compute a step, the default one first; none for steps that are no contractions.
  package func searches(for step: Step) -> [TuningSearch] {
    guard tuningKey(of: step) != nil else { return [] }
    return switch step.kind {
    case .matmul(let matmul): searches(matmul)
    case .convolution(let convolution):
      convolution.matrixProduct.map { searches($0) } ?? searches(convolution)
    default: []
    }
  }

  private func searches(_ matmul: MatmulStep) -> [TuningSearch] {
    let own =
      switch form {
      case .vector:
        search { VectorProduct(matmul, device: device, choice: $0).decisions }
      case .tiled:
        search { TiledProduct(matmul, device: device, matrix: matrix, choice: $0).decisions }
      }
    return matmul.fitsCLBlast ? [own, search(.clblast) { _ in [] }] : [own]
  }

  private func searches(_ convolution: ConvolutionStep) -> [TuningSearch] {
    guard form == .vector else {
      return [
        search { TiledProduct(convolution, device: device, matrix: matrix, choice: $0)?.decisions }
      ]
    }
    let isGather = convolution.direction != .weightGradient
    func direct(_ choice: TuningChoice) -> [[TuningChoice]]? {
      if isGather { return VectorGather(convolution, device: device, choice: choice)?.decisions }
      if convolution.isDepthwise { return nil }
      return VectorWeightGradient(convolution, device: device, choice: choice)?.decisions
    }
    func winograd(_ choice: TuningChoice) -> [[TuningChoice]]? {
      VectorWinograd(convolution, device: device, choice: choice)?.decisions
    }
    guard winograd(TuningChoice(algorithm: .winograd)) != nil else { return [search(nil, direct)] }
    let ways = [search(.winograd, winograd), search(.direct, direct)]
    return VectorWinograd(convolution, device: device) == nil ? ways.reversed() : ways
  }

  private func search(
    _ algorithm: TuningChoice.Algorithm? = nil,
    _ decisions: @escaping (TuningChoice) -> [[TuningChoice]]?
  ) -> TuningSearch {
    TuningSearch(base: TuningChoice(algorithm: algorithm)) { decisions($0) ?? [] }
  }
}
