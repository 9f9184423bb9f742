import RetortCore

extension ReduceKernel {
  /// Elements of one split at least, and the units of work beyond which nothing is split further; splits
  /// depend on extents alone, so that every CPU adds alike.
  ///
  /// Chosen by trial; `retort bench step --models resnet20 --profile` shows their effect.
  static let splitElements = 16384, unitLimit = 256
  /// Columns of one piece, as in the kernel.
  private static let piece = 2048

  private var isAlong: Bool { space.groups[2].isEmpty }

  /// The float16 columns that an across-kernel folds side by side.
  private var block: Int {
    let columns = space.extents.last ?? 1
    return columns.ceilDivided(by: 16).evenPiece(
      atMost: min(max(1, 8 / reduction.operations.count), 4))
  }

  /// Units of work without splitting, and the elements that each reads.
  private var wholeUnits: (count: Int, elements: Int) {
    if isAlong { return (reduction.outer, reduction.reduced) }
    let columns = space.extents.last ?? 1
    let blocks = (columns + 16 * block - 1) / (16 * block)
    let units = reduction.outer * (reduction.inner / columns) * blocks
    return (units, reduction.reduced * min(columns, 16 * block))
  }

  /// The number of partial results per output.
  var vectorSplits: Int {
    let units = wholeUnits
    let wanted = max(1, min(units.elements / Self.splitElements, Self.unitLimit / units.count))
    return isAlong ? along.splits(wanted) : across.splits(wanted)
  }

  /// The extent that is cut into splits: pieces, or rows.
  private struct Cut {
    let extent: Int
    func length(_ wanted: Int) -> Int { (extent + wanted - 1) / wanted }
    func splits(_ wanted: Int) -> Int { (extent + length(wanted) - 1) / length(wanted) }
  }

  private var along: Cut {
    let columns = space.groups[1].last.map { space.extents[$0] } ?? 1
    return Cut(extent: reduction.reduced / columns * ((columns + Self.piece - 1) / Self.piece))
  }
  private var across: Cut { Cut(extent: reduction.reduced) }

  /// The launch for CPU devices.
  ///
  /// - Parameter splits: `vectorSplits`, or 1.
  func vector(
    _ outputs: [BufferReference], _ splits: Int, computeUnits: Int, label: String
  ) throws(OpenCLError) -> Launch {
    let (outerAxes, rowAxes, columnAxis, space) = loops
    var addressing = Addressing(
      reduction.prologue, space, vectorAxis: columnAxis, inputs: inputs, outputs: [])
    addressing.declareExtents(outerAxes)
    addressing.declareExtents(rowAxes)
    for (index, output) in outputs.enumerated() {
      addressing.parameters.add("y\(index)", output, .float32, isConstant: false)
    }
    let text = ProgramText(reduction.prologue, .sixteen) {
      addressing.load16($0, level: "q", axis: columnAxis, column: "column", count: "count")
    }
    let columns = columnAxis.map { space.extents[$0] } ?? 1
    let name = isAlong ? "reduce_along_vector" : "reduce_across_vector"
    var macros: [(String, [String])] = [
      ("PARAMETERS", [addressing.parameters.leading]),
      ("OUTER(i)", addressing.advance("", "p", outerAxes, "i") + ["(void)(i);"]),
      ("ROW(i)", addressing.advance("p", "q", rowAxes, "i") + ["(void)(i);"]),
      ("VALUES(column, count)", values(text)),
    ]
    macros += folds(.sixteen)
    if isAlong {
      macros.append(("PARTS", [columns < 64 ? "1" : "4"]))
      macros.append(("STORE(k, at, value)", stores { "\($0)[at] = (value);" }))
    } else {
      macros.append(("BLOCK", ["\(block)"]))
      macros.append(("ROWS", ["\(max(1, 8 / (block * reduction.operations.count)))"]))
      macros.append(
        ("STORE(k, at, value, count)", stores { "store_part16(value, count, \($0) + (at));" }))
    }
    let kernel = try GeneratedKernel("reduction/\(name)", name: name, macros)
    let units = wholeUnits.count * splits
    var arguments = addressing.parameters.arguments
    arguments.append(["rows": .int(space.count(rowAxes)), "columns": .int(columns)])
    arguments.append(
      isAlong
        ? ["splitPieces": .int(along.length(splits))]
        : ["splitRows": .int(across.length(splits))])
    arguments.append(["splits": .int(splits), "units": .int(units)])
    let worth = max(1, reduction.prologue.shape.count / CoreShare.elements)
    return Launch(
      entry: kernel.entry, generated: kernel.text,
      global: [min(units, worth, computeUnits * CoreShare.itemsPerCore)], local: [1],
      arguments: arguments,
      label: label)
  }

  /// The kernel's three loops over `space`, whose axes stand in their order.
  private var loops: (outer: Range<Int>, row: Range<Int>, column: Int?, IterationSpace) {
    let groups = space.groups
    if isAlong {
      let last = groups[1].last
      let rows = groups[1].lowerBound..<(last ?? groups[1].lowerBound)
      return (groups[0], rows, last, space)
    }
    let order = Array(groups[0]) + groups[2].dropLast() + Array(groups[1]) + groups[2].suffix(1)
    let outer = 0..<(groups[0].count + groups[2].count - 1)
    let rows = outer.upperBound..<(order.count - 1)
    return (outer, rows, order.count - 1, space.reordered(order))
  }
}
