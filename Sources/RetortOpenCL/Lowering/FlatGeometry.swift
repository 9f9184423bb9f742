/// How a kernel over one flat buffer is cut into work-items.
struct FlatGeometry {
  /// Macros that set the work-group of the tiled form; none for the vector form.
  let macros: LaunchMacros
  /// Work-items and work-group of the launch.
  let global, local: [Int]
  /// The last argument of the vector form; none for the tiled form.
  let arguments: LaunchArguments

  /// Work-items per core.
  ///
  /// Chosen by trial; `retort bench kernels --names adam-10M` shows its effect.
  private static let sharesPerCore = 4
  /// Work-items of a work-group; each treats four elements.
  private static let groupSize = 256
  /// Elements that a work-item's share is a multiple of.
  private static let granule = 64

  /// Cuts `count` elements, of which at least `share` go to a work-item of the vector form.
  init(_ form: KernelForm, count: Int, share: Int, device: DeviceLimits) {
    switch form {
    case .vector:
      let items = max(1, min(count / share, device.computeUnits * Self.sharesPerCore))
      let chunk = ((count + items - 1) / items + Self.granule - 1) / Self.granule * Self.granule
      macros = [:]
      global = [(count + chunk - 1) / chunk]
      local = [1]
      arguments = ["chunk": .int(chunk)]
    case .tiled:
      let group = device.group(Self.groupSize)
      macros = ["GROUP": "\(group)"]
      global = [((count + 3) / 4 + group - 1) / group * group]
      local = [group]
      arguments = [:]
    }
  }
}
