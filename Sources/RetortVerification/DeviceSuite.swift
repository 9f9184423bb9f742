import RetortCore

/// A suite of cases of one kind.
package struct DeviceSuite: Sendable {
  /// The name.
  package let name: String
  /// The cases.
  package let cases: [DeviceCase]

  /// All suites, the most informative first.
  package static let all = [
    DeviceSuite(name: "products", cases: ProductCase.all.map(\.deviceCase)),
    DeviceSuite(
      name: "convolutions",
      cases: (ConvolutionCase.all + ConvolutionCase.narrow).map(\.deviceCase)),
    DeviceSuite(
      name: "statistics",
      cases: GraphCase.statistics.map(\.momentsCase)
        + GraphCase.gradientSums.map { $0.deviceCase("sums", isExactlyRounded: true) }
        + [GraphCase.network.deviceCase("gradients")]),
    // Gradients through a norm of two elements nearly cancel: -0.003459699 instead of -0.003459738.
    DeviceSuite(
      name: "loads", cases: GraphCase.loads.map { $0.deviceCase("loads", tolerance: 5e-5) }),
    DeviceSuite(
      name: "rows", cases: OpCase.rowSizes.map(\.deviceCase) + NearRows.deviceCases),
    DeviceSuite(name: "reductions", cases: OpCase.reductionSizes.map(\.deviceCase)),
    DeviceSuite(name: "optimizers", cases: OptimizerUpdate.all.map(\.deviceCase)),
    DeviceSuite(
      name: "pooling", cases: PoolingCase.all.flatMap(\.opCases).map(\.deviceCase)),
    DeviceSuite(
      name: "indexing", cases: OpCase.indexingSizes.map(\.deviceCase) + DeviceCase.argmax),
    DeviceSuite(
      name: "training",
      cases: DeviceCase.random + DeviceCase.latentSteps
        + AugmentCase.all.filter { $0.images.count > 0 }.map(\.deviceCase)),
    DeviceSuite(name: "operations", cases: OpCase.all.map(\.deviceCase)),
  ]
}
