import RetortCore

/// A graph: the shapes of its inputs, and what is computed of them.
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

  /// The outputs, of inputs that are added to `graph`.
  package func outputs(in graph: Graph) -> [Tensor] {
    build(shapes.enumerated().map { graph.input("x\($0.offset)", $0.element) })
  }

  /// What is computed, to be compared on a device.
  ///
  /// - Parameter isExactlyRounded: Whether contractions take nothing but inputs.
  func deviceCase(
    _ what: String, tolerance: Double = 1e-5, isExactlyRounded: Bool = false
  ) -> DeviceCase {
    DeviceCase("\(what) \(self)", tolerance: tolerance, isExactlyRounded: isExactlyRounded) {
      part in
      build(shapes.map { part.eighths($0) })
    }
  }

  /// The first output with its columns' moments; means beside 1, for they may be nearly nothing.
  var momentsCase: DeviceCase {
    DeviceCase("moments \(self)", isExactlyRounded: true) { part in
      let y = build(shapes.map { part.eighths($0) })[0]
      let moments = y.moments(.channels, epsilon: 1e-5)
      return [y, moments.mean + 1, moments.variance, moments.inverseDeviation]
    }
  }
}
