import RetortCore

/// The loops of a program: axes of extent 1 dropped, neighbours merged where every access allows.
struct IterationSpace: Hashable {
  /// The extents, outermost first; may be empty for one element.
  private(set) var extents: [Int]
  /// Elements from one position to the next: per access (operands, then results), per axis.
  private(set) var strides: [[Int]]
  /// The axes of each group that was given, in order.
  private(set) var groups: [Range<Int>]

  /// Merges the axes of `program`.
  ///
  /// - Parameters:
  ///   - groups: Runs of axes that must stay apart from each other, such as reduced ones; they
  ///     cover all axes in order.
  ///   - includingResults: Whether the results' strides count, as they do where they are stored.
  init(_ program: PointwiseProgram, groups: [Range<Int>], includingResults: Bool = true) {
    let accesses =
      program.operands.map(\.access) + (includingResults ? program.results.map(\.access) : [])
    extents = []
    strides = accesses.map { _ in [] }
    self.groups = []
    for group in groups {
      let start = extents.count
      for axis in group where program.shape[axis] != 1 {
        append(program.shape[axis], accesses.map { $0.strides[axis] }, since: start)
      }
      self.groups.append(start..<extents.count)
    }
  }

  /// Merges all axes of `program`.
  init(_ program: PointwiseProgram) {
    self.init(program, groups: [0..<program.shape.rank])
  }

  private mutating func append(_ extent: Int, _ steps: [Int], since start: Int) {
    let last = extents.count - 1
    if last >= start, strides.indices.allSatisfy({ strides[$0][last] == steps[$0] * extent }) {
      extents[last] *= extent
      for access in strides.indices { strides[access][last] = steps[access] }
    } else {
      extents.append(extent)
      for access in strides.indices { strides[access].append(steps[access]) }
    }
  }

  /// The same loops with the axes in another order; the groups no longer hold.
  func reordered(_ axes: [Int]) -> IterationSpace {
    var result = self
    result.extents = axes.map { extents[$0] }
    result.strides = strides.map { steps in axes.map { steps[$0] } }
    result.groups = []
    return result
  }

  /// The number of positions along `axes`.
  func count(_ axes: Range<Int>) -> Int { extents[axes].reduce(1, *) }
}

extension PointwiseProgram {
  /// The axes that make up `extents` consecutive factors of the shape, or nil if one straddles.
  func axes(factoring factors: [Int]) -> [Range<Int>]? {
    var axis = 0
    var result: [Range<Int>] = []
    for (index, factor) in factors.enumerated() {
      let start = axis
      var product = 1
      while axis < shape.rank, product < factor || shape[axis] == 1 {
        product *= shape[axis]
        axis += 1
      }
      if index == factors.count - 1 { axis = shape.rank }
      guard product == factor else { return nil }
      result.append(start..<axis)
    }
    return result
  }
}
