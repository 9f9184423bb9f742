import RetortCore

/// A graph as a function of its inputs, with their shapes.
package struct GraphCase: CustomStringConvertible, Sendable {
  package let description: String
  package let shapes: [Shape]
  package let build: @Sendable ([Tensor]) -> [Tensor]

  package init(
    _ description: String, _ shapes: Shape..., build: @escaping @Sendable ([Tensor]) -> [Tensor]
  ) {
    (self.description, self.shapes, self.build) = (description, shapes, build)
  }

  /// The product of two inputs.
  package static func product(_ a: Shape, _ b: Shape) -> GraphCase {
    GraphCase("\(a) · \(b)", a, b) { [$0[0].matmul($0[1])] }
  }

  /// The convolution of two inputs.
  package static func convolution(_ x: Shape, _ w: Shape, _ geometry: Convolution) -> GraphCase {
    GraphCase("\(x) ∗ \(w)\(geometry.remarks)", x, w) { [$0[0].convolution($0[1], geometry)] }
  }

  /// The outputs as functions of inputs added to `graph`.
  package func outputs(in graph: Graph) -> [Tensor] {
    build(shapes.enumerated().map { graph.input("x\($0.offset)", $0.element) })
  }

  /// The case for comparison on a device.
  ///
  /// - Parameter isExactlyRounded: Whether all operands of contractions are inputs.
  func deviceCase(
    _ what: String, tolerance: Double = 1e-5, isExactlyRounded: Bool = false
  ) -> DeviceCase {
    DeviceCase("\(what) \(self)", tolerance: tolerance, isExactlyRounded: isExactlyRounded) {
      part in
      build(shapes.map { part.eighths($0) })
    }
  }

  /// A case of the first output with its columns' moments; 1 is added to means, which may be close to zero.
  var momentsCase: DeviceCase {
    DeviceCase("moments \(self)", isExactlyRounded: true) { part in
      let y = build(shapes.map { part.eighths($0) })[0]
      let moments = y.moments(.channels, epsilon: 1e-5)
      return [y, moments.mean + 1, moments.variance, moments.inverseDeviation]
    }
  }
}
