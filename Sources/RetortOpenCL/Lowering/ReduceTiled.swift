import RetortCore

extension ReduceKernel {
  /// Work-groups beyond which nothing is split further, a few per multiprocessor of a large GPU, and the
  /// elements that each work-item folds at least.
  ///
  /// Estimates: no GPU was at hand. `retort bench step --models encoder --profile` on one shows their effect.
  private static let groupLimit = 1024, leastElements = 8
  /// Work-items of a work-group.
  private static let groupSize = 256

  private var outputs: Int { reduction.outer * reduction.inner }

  /// Whether neighbouring outputs are read by neighbouring work-items.
  private var isAcross: Bool { !space.groups[2].isEmpty }

  /// Outputs of a work-group: 32 neighbours where outputs lie side by side in memory; else as
  /// many as leave every work-item something to fold.
  private func tile(_ group: Int) -> Int {
    let busy = group / min(group, reduction.reduced.roundedUpToPower)
    guard isAcross else { return busy }
    return max(min(32, group, (space.extents.last ?? 1).roundedUpToPower), busy)
  }

  /// The number of partial results per output.
  func tiledSplits(_ device: DeviceLimits) -> Int {
    let group = device.group(Self.groupSize)
    let tile = tile(group)
    let useful = reduction.reduced / (group / tile * Self.leastElements)
    let wanted = max(1, min(useful, Self.groupLimit / outputs.ceilDivided(by: tile)))
    let length = (reduction.reduced + wanted - 1) / wanted
    return (reduction.reduced + length - 1) / length
  }

  /// The launch for GPUs.
  ///
  /// - Parameter splits: `tiledSplits`, or 1.
  func tiled(
    _ results: [BufferReference], _ splits: Int, _ device: DeviceLimits, label: String
  ) throws(OpenCLError) -> Launch {
    let group = device.group(Self.groupSize)
    let tile = tile(group)
    let groups = space.groups
    let order = Array(groups[0]) + Array(groups[2]) + Array(groups[1])
    let space = space.reordered(order)
    let outputAxes = 0..<(groups[0].count + groups[2].count)
    let reducedAxes = outputAxes.upperBound..<order.count
    var addressing = Addressing(
      reduction.prologue, space, vectorAxis: nil, inputs: inputs, outputs: [])
    addressing.declareExtents(outputAxes)
    addressing.declareExtents(reducedAxes)
    for (index, result) in results.enumerated() {
      addressing.parameters.add("y\(index)", result, .float32, isConstant: false)
    }
    let (split, names) = addressing.coordinates(reducedAxes, of: "r")
    let text = ProgramText(reduction.prologue, .one, prefix: "v") {
      addressing.element($0, level: "p", axes: reducedAxes, at: names)
    }
    let kernel = try GeneratedKernel(
      "reduction/reduce_tiled", name: "reduce_tiled",
      [
        ("PARAMETERS", [addressing.parameters.leading]), ("TILE", ["\(tile)"]),
        ("GROUP", ["\(group)"]),
        ("ACROSS", [isAcross ? "1" : "0"]),
        ("OUTER(i)", addressing.advance("", "p", outputAxes, "i") + ["(void)(i);"]),
        ("VALUES(r)", ["{"] + split + values(text) + ["}"]),
        ("STORE(k, at, value)", stores { "\($0)[at] = (value);" }),
      ] + folds(.one))
    var arguments = addressing.parameters.arguments
    arguments.append([
      "outputs": .int(outputs), "reduced": .int(reduction.reduced),
      "splitReduced": .int((reduction.reduced + splits - 1) / splits),
    ])
    return Launch(
      entry: kernel.entry, generated: kernel.text,
      global: [outputs.ceilDivided(by: tile) * group, splits],
      local: [group, 1], arguments: arguments, label: label)
  }
}
