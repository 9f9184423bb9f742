import RetortCore

extension Lowering {
  /// Work-items of a work-group on GPUs.
  private static let augmentGroup = 256

  /// Appends the launch that changes pictures and looks their samples up.
  mutating func augment(_ step: Step, _ augment: AugmentStep) {
    let (images, size) = (augment.images[0], augment.images.count)
    guard size > 0 else { return }
    var macros: LaunchMacros = [
      "CHANNELS": "\(augment.images[3])", "PADDING": "\(augment.padding.number)",
    ]
    var arguments: LaunchArguments = [
      "x": .buffer(input(step, 0)), "moves": .buffer(input(step, 1)),
      "table": .buffer(input(step, 2)), "y": .buffer(output(step)),
      "height": .int(augment.images[1]), "width": .int(augment.images[2]),
      "cutout": .int(augment.cutout),
    ]
    var (global, local) = (images, 1)
    if form == .tiled {
      local = device.group(Self.augmentGroup)
      global = (size + local - 1) / local * local
      macros.append("GROUP", "\(local)")
      arguments.append("images", .int(images))
    }
    add(
      Launch(
        family: "augmentation/augment", entry: form == .vector ? "augment_vector" : "augment_flat",
        macros: macros, global: [global], local: [local], arguments: arguments, label: step.label))
  }
}

extension ImagePadding {
  /// As the kernel's macro calls it.
  fileprivate var number: Int {
    switch self {
    case .zero: 0
    case .edge: 1
    case .reflect: 2
    }
  }
}
