import RetortCore

/// A pooling over `[images, height, width, channels]`.
package struct PoolingCase: CustomStringConvertible, Sendable {
  package var input: [Int]
  package var pooling: Pooling
  package var description: String { "\(input), \(pooling)" }

  package init(
    _ input: [Int], _ window: Int, _ stride: Int, _ change: (inout Pooling) -> Void = { _ in }
  ) {
    self.input = input
    pooling = Pooling(window: window, stride: stride)
    change(&pooling)
  }

  /// Cases of windows that overlap, leave gaps or exceed the image, and of averages without padding.
  package static let all = [
    PoolingCase([1, 1, 1, 1], 1, 1),
    PoolingCase([2, 6, 6, 6], 2, 2),
    PoolingCase([2, 7, 5, 3], 2, 2),
    PoolingCase([2, 8, 9, 40], 2, 3) { $0.width = 3 },
    PoolingCase([2, 7, 9, 17], 3, 2) { $0 = Pooling(window: 3, stride: 2, padding: 1) },
    PoolingCase([1, 8, 7, 16], 3, 1) {
      $0 = Pooling(window: 3, stride: 1, padding: 1, countsPadding: false)
    },
    PoolingCase([1, 9, 8, 5], 2, 3) {
      ($0.width, $0.strideX, $0.padLeft, $0.padBottom) = (3, 4, 1, 1)
    },
    PoolingCase([1, 1, 3, 2], 2, 1) {
      $0 = Pooling(window: 2, stride: 1, padding: 1, countsPadding: false)
    },
  ]
}
