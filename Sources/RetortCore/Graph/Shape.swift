/// The extents of a dense, row-major tensor; at most eight axes.
public struct Shape: Hashable, Sendable {
  /// The extents; axes past `rank` hold 1.
  package var extents: SIMD8<Int32>
  /// The number of axes.
  public let rank: Int

  /// The largest number of axes a tensor can have.
  public static let maximumRank = 8

  /// A shape with the given extents.
  ///
  /// - Parameter dimensions: At most eight extents, each ≥ 0. One above 2³¹ − 1 is clamped to it; graphs
  ///   reject such a shape.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.count <= Shape.maximumRank, "a shape has at most eight axes")
    extents = SIMD8(repeating: 1)
    for (axis, extent) in dimensions.enumerated() { extents[axis] = Int32(clamping: extent) }
    rank = dimensions.count
  }

  /// A shape with extents read from a file; nil if there are more than eight, one is negative, or the shape
  /// is not countable.
  package init?(checking dimensions: [Int]) {
    guard dimensions.count <= Shape.maximumRank else { return nil }
    self.init(dimensions)
    guard isCountable else { return nil }
  }

  package init(extents: SIMD8<Int32>, rank: Int) {
    self.extents = extents
    self.rank = rank
  }

  /// The shape of a scalar.
  public static let scalar = Shape([])

  /// The number of elements, at most 2⁴⁴.
  public var count: Int {
    for axis in 0..<rank where extents[axis] == 0 { return 0 }
    return volume
  }

  /// The product of all extents that are not 0, at most 2⁴⁴.
  private var volume: Int {
    var product = 1
    for axis in 0..<rank {
      let extent = Int(extents[axis])
      guard extent <= Shape.most / product else { return Shape.most }
      product *= max(1, extent)
    }
    return product
  }

  private static let most = 1 << 44

  /// Whether graphs accept this shape: extents from 0 to 2³¹ − 2 and a product of at most 2⁴⁰, so that sums
  /// and products of derived sizes fit into an `Int`.
  package var isCountable: Bool {
    extents.min() >= 0 && extents.max() < .max && volume <= 1 << 40
  }

  /// The extents as an array.
  public var dimensions: [Int] { (0..<rank).map { Int(extents[$0]) } }

  /// The extent of one axis; negative axes count from the end, and axes that do not exist are 1.
  public subscript(axis: Int) -> Int {
    get {
      let index = axis < 0 ? rank + axis : axis
      return index >= 0 && index < rank ? Int(extents[index]) : 1
    }
    set { extents[axis < 0 ? rank + axis : axis] = Int32(clamping: newValue) }
  }

  /// The row-major strides, in elements; axes past `rank` hold 0.
  package var strides: SIMD8<Int> {
    var result = SIMD8<Int>(repeating: 0)
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      result[axis] = step
      step &*= Int(extents[axis])  // wraps only for shapes that no graph takes
    }
    return result
  }

  /// The product of all extents but the last, 1 for a scalar.
  package var rowCount: Int { rank == 0 ? 1 : count / max(1, columnCount) }

  /// The last extent, 1 for a scalar.
  package var columnCount: Int { rank == 0 ? 1 : Int(extents[rank - 1]) }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
  /// A shape from a literal such as `[128, 28, 28, 1]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The extents in brackets, such as `[128, 10]`.
  public var description: String { "\(dimensions)" }
}

extension Shape {
  /// The shape that `a` and `b` broadcast to (trailing axes aligned, extents of 1 repeated), or nil.
  package static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    let rank = max(a.rank, b.rank)
    var extents = SIMD8<Int32>(repeating: 1)
    for axis in 0..<rank {
      let x = axis - (rank - a.rank) >= 0 ? a.extents[axis - (rank - a.rank)] : 1
      let y = axis - (rank - b.rank) >= 0 ? b.extents[axis - (rank - b.rank)] : 1
      guard x == y || x == 1 || y == 1 else { return nil }
      extents[axis] = x == 1 ? y : x
    }
    return Shape(extents: extents, rank: rank)
  }
}
