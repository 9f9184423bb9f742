import RetortCore

/// A convolution: images, height, width, channels; out, kernel height and width.
package struct ConvolutionCase: CustomStringConvertible, Sendable {
  package var input: [Int]
  package var out: Int, high: Int, wide: Int
  package var geometry = Convolution()
  package var description: String {
    "\(input) → \(out), \(high)×\(wide)\(geometry.remarks)"
  }

  package init(
    _ input: [Int], _ out: Int, _ high: Int, _ wide: Int, _ change: (inout Convolution) -> Void
  ) {
    (self.input, self.out, self.high, self.wide) = (input, out, high, wide)
    change(&geometry)
  }

  /// Cases at image edges, of strides, dilation and groups, and of sizes that leave tiles partly empty.
  package static let all: [ConvolutionCase] = [
    ConvolutionCase([1, 1, 1, 1], 1, 1, 1) { _ in },
    ConvolutionCase([2, 7, 5, 3], 4, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([3, 9, 8, 8], 12, 3, 3) { $0 = Convolution(stride: 2, padding: 1) },
    ConvolutionCase([2, 9, 7, 8], 12, 3, 3) { $0 = Convolution(stride: 2, padding: 1, groups: 2) },
    ConvolutionCase([1, 11, 13, 3], 5, 5, 3) { ($0.strideY, $0.padTop, $0.dilationX) = (3, 2, 2) },
    ConvolutionCase([2, 6, 5, 4], 3, 2, 2) { $0 = Convolution(stride: 4, dilation: 2) },
    ConvolutionCase([2, 9, 9, 4], 3, 3, 3) { $0 = Convolution(stride: 2, padding: 2, dilation: 2) },
    ConvolutionCase([1, 4, 3, 4], 4, 3, 3) {
      ($0.strideY, $0.strideX, $0.padTop, $0.padBottom) = (6, 5, 2, 3)
    },
    ConvolutionCase([4, 20, 20, 5], 6, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([2, 7, 5, 6], 6, 3, 3) { $0 = Convolution(padding: 1, groups: 6) },
    ConvolutionCase([2, 8, 9, 3], 6, 3, 2) { $0 = Convolution(stride: 2, padding: 1, groups: 3) },
    ConvolutionCase([3, 6, 6, 4], 4, 2, 2) { $0 = Convolution(stride: 4, dilation: 2, groups: 4) },
    ConvolutionCase([2, 6, 5, 20], 33, 1, 1) { _ in },
    ConvolutionCase([2, 19, 21, 6], 3, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([1, 12, 30, 1], 7, 5, 5) { $0 = Convolution(padding: 2) },
    ConvolutionCase([1, 37, 34, 2], 20, 4, 4) { $0 = Convolution(stride: 2, padding: 1) },
    ConvolutionCase([3, 4, 5, 6], 10, 4, 5) { _ in },
    ConvolutionCase([1, 8, 8, 17], 50, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([2, 8, 8, 6], 20, 1, 1) { $0 = Convolution(stride: 2) },
    // Channels in multiples of 16: Winograd tiles of 4×4 and, from [3, 6, 6, 16] on, of 2×2; odd edges,
    // several bands, parts, and images processed together.
    ConvolutionCase([2, 7, 9, 16], 32, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([1, 11, 13, 32], 16, 3, 3) {
      ($0.padTop, $0.padLeft, $0.padBottom) = (2, 1, 0)
    },
    ConvolutionCase([1, 8, 10, 48], 16, 3, 3) { $0 = Convolution(padding: 2) },
    ConvolutionCase([37, 8, 7, 16], 16, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([8, 4, 4, 32], 48, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([2, 8, 4, 16], 16, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([3, 6, 6, 16], 16, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([37, 6, 5, 16], 32, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([5, 4, 3, 16], 16, 3, 3) { $0 = Convolution(padding: 1) },
  ]

  /// Cases of few output channels and many images, which become vector lanes: full and partial blocks of 16,
  /// stride phases, bands and strips.
  package static let narrow: [ConvolutionCase] = [
    ConvolutionCase([16, 9, 7, 1], 6, 5, 5) { $0 = Convolution(padding: 2) },
    ConvolutionCase([21, 10, 9, 6], 16, 5, 5) { _ in },
    ConvolutionCase([35, 11, 12, 1], 13, 4, 4) { $0 = Convolution(stride: 2, padding: 1) },
    ConvolutionCase([19, 9, 8, 2], 7, 2, 3) { ($0.strideY, $0.strideX, $0.dilationX) = (3, 2, 2) },
    ConvolutionCase([17, 8, 30, 33], 2, 3, 3) { $0 = Convolution(padding: 1) },
    ConvolutionCase([16, 3, 200, 17], 1, 3, 3) { $0 = Convolution(padding: 1) },
  ]
}

extension Convolution {
  /// The options that differ from a plain convolution's, such as `, stride 2`.
  var remarks: String {
    let parts: [(name: String, values: [Int], usual: Int)] = [
      ("stride", [strideY, strideX], 1),
      ("padding", [padTop, padLeft, padBottom, padRight], 0),
      ("dilation", [dilationY, dilationX], 1), ("groups", [groups], 1),
    ]
    return parts.filter { part in part.values.contains { $0 != part.usual } }.map { part in
      let isEven = part.values.allSatisfy { $0 == part.values[0] }
      return ", \(part.name) \(isEven ? "\(part.values[0])" : "\(part.values)")"
    }.joined()
  }
}
