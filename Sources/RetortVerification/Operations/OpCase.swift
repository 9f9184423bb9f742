import RetortCPU
import RetortCore

/// One operation on inputs of given shapes, for tests of gradients, parity and second derivatives.
package struct OpCase: Sendable, CustomStringConvertible {
  package let name: String
  package let shapes: [Shape]
  /// The range of the inputs; asymmetric, so that sign errors are visible.
  package let range: ClosedRange<Double>
  /// The largest error allowed between float32 and float64, relative to the largest element.
  package let tolerance: Double
  /// Whether second derivatives exist everywhere near the inputs.
  package let isTwiceDifferentiable: Bool
  package let build: @Sendable ([Tensor]) -> Tensor

  package init(
    _ name: String, _ shapes: [Shape], in range: ClosedRange<Double> = -1.5...2,
    tolerance: Double = 1e-5, twice: Bool = true, _ build: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    (self.name, self.shapes, self.range) = (name, shapes, range)
    (self.tolerance, self.build) = (tolerance, build)
    isTwiceDifferentiable = twice
  }

  package var description: String { "\(name) \(shapes)" }

  /// The inputs, equal on every run.
  package var inputs: [[Double]] {
    var generator = Philox4x32(seed: 7, stream: .named(name))
    return shapes.map { shape in
      (0..<shape.count).map { _ in
        let unit = Double(generator.next() >> 11) * 0x1p-53
        let value = range.lowerBound + unit * (range.upperBound - range.lowerBound)
        return Double(Float(value))
      }
    }
  }

  /// A graph of the case, its inputs, and a weighted sum of the output's elements.
  package func graph() -> (graph: Graph, inputs: [Tensor], scalar: Tensor) {
    let graph = Graph()
    let inputs = shapes.enumerated().map { graph.input("x\($0.offset)", $0.element) }
    return (graph, inputs, scalar(build(inputs)))
  }

  private func scalar(_ output: Tensor) -> Tensor {
    let weights = (0..<output.shape.count).map { Float(($0 * 37 % 11) - 4) / 8 }
    return (output * output.graph.constant(weights, output.shape)).sum()
  }

  /// A case of the output and its gradients with respect to every input, for comparison on a device.
  package var deviceCase: DeviceCase {
    DeviceCase(description, tolerance: tolerance) { part in
      let inputs = zip(shapes, self.inputs).map { shape, values in
        part.input(.float32(values.map { Float($0) }), shape)
      }
      let output = build(inputs)
      return [output] + gradients(of: scalar(output), with: inputs)
    }
  }

  /// The values of `outputs` in float64 for the given inputs.
  package func evaluate(_ graph: Graph, _ outputs: [Tensor], _ inputs: [[Double]]) throws
    -> [[Double]]
  {
    let backend = CPUBackend(precision: .float64)
    let plan = try Plan(graph, outputs: outputs)
    let executable = try backend.executable(plan, variables: [])
    for (index, values) in inputs.enumerated() {
      try executable.setInput(index, doubles: values)
    }
    try executable.run()
    return try outputs.indices.map { try executable.outputDoubles($0) }
  }
}
