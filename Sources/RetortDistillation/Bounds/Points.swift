import RetortCore

/// Points of a space, such as features of examples.
public struct Points: Equatable, Sendable {
  /// The coordinates, `[count, width]`.
  public let values: [Float]
  /// The number of points.
  public let count: Int
  /// The number of coordinates of each.
  public let width: Int

  /// `count` points, row after row in `values`.
  public init(_ values: [Float], count: Int) {
    precondition(count > 0 && values.count % count == 0, "every point has as many coordinates")
    (self.values, self.count, width) = (values, count, values.count / count)
  }

  /// Another point and how far it is.
  public struct Neighbour: Equatable, Sendable {
    /// Its place among the points that were searched.
    public let index: Int
    /// Its Euclidean distance.
    public let distance: Double
  }

  /// The nearest `number` of `others` to each of these points, nearest first; of points as near, those that come first.
  ///
  /// - Parameters:
  ///   - number: How many, fewer than there are.
  ///   - others: Where they are sought; nil for these points, of which none is its own neighbour.
  ///
  /// - Complexity: The product of both counts and the width.
  public func nearest(_ number: Int, among others: Points? = nil) -> [[Neighbour]] {
    let searched = others ?? self
    precondition(
      number >= 1 && number <= searched.count - (others == nil ? 1 : 0),
      "there are as many neighbours")
    var found: [[Neighbour]] = []
    forEachRow(to: searched) { row, squares in
      var best: [(index: Int, square: Float)] = []
      for index in 0..<searched.count where others != nil || index != row {
        let square = squares[index]
        guard best.count < number || square < best[number - 1].square else { continue }
        if best.count == number { best.removeLast() }
        var place = best.count
        while place > 0, best[place - 1].square > square { place -= 1 }
        best.insert((index, square), at: place)
      }
      found.append(
        best.map { Neighbour(index: $0.index, distance: Double($0.square).squareRoot()) })
    }
    return found
  }

  /// How far each point is from that at the same place of `others`, of which there are as many.
  public func distances(to others: Points) -> [Double] {
    precondition(count == others.count && width == others.width, "points come in pairs")
    return (0..<count).map { distance(from: $0, to: $0, of: others) }
  }

  /// The mean distance of each point from the next one, which in a random order is any other.
  public var meanStep: Double {
    let sum = (1..<max(1, count)).reduce(0) { $0 + distance(from: $1 - 1, to: $1, of: self) }
    return sum / Double(max(1, count - 1))
  }

  private func distance(from row: Int, to other: Int, of others: Points) -> Double {
    values.withUnsafeBytes { own in
      others.values.withUnsafeBytes {
        Double(Self.square(own, row * width, $0, other * width, width)).squareRoot()
      }
    }
  }

  /// Calls `body` with each point's place and its squared distances from all of `others`.
  func forEachRow(to others: Points, _ body: (Int, [Float]) -> Void) {
    precondition(width == others.width, "the points lie in one space")
    var squares = [Float](repeating: 0, count: others.count)
    for row in 0..<count {
      values.withUnsafeBytes { own in
        others.values.withUnsafeBytes { other in
          for index in 0..<others.count {
            squares[index] = Self.square(own, row * width, other, index * width, width)
          }
        }
      }
      body(row, squares)
    }
  }

  /// The squared distance of two rows that begin at the given places.
  private static func square(
    _ own: UnsafeRawBufferPointer, _ first: Int, _ other: UnsafeRawBufferPointer, _ second: Int,
    _ width: Int
  ) -> Float {
    let size = MemoryLayout<Float>.size
    var sums = SIMD8<Float>.zero
    let whole = width / 8 * 8
    for index in stride(from: 0, to: whole, by: 8) {
      let difference =
        own.loadUnaligned(fromByteOffset: (first + index) * size, as: SIMD8<Float>.self)
        - other.loadUnaligned(fromByteOffset: (second + index) * size, as: SIMD8<Float>.self)
      sums += difference * difference
    }
    var sum = sums.sum()
    for index in whole..<width {
      let difference =
        own.load(fromByteOffset: (first + index) * size, as: Float.self)
        - other.load(fromByteOffset: (second + index) * size, as: Float.self)
      sum += difference * difference
    }
    return sum
  }
}
