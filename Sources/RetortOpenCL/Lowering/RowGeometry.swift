/// How a kernel that treats rows one by one is cut into work-items.
struct RowGeometry {
  /// Macros that set the work-group of the tiled form; none for the vector form.
  let macros: LaunchMacros
  /// Work-items and work-group of the launch.
  let global, local: [Int]
  /// The last argument of the vector form; none for the tiled form.
  let arguments: LaunchArguments

  /// The time of a row besides its elements, in elements.
  ///
  /// Chosen by trial on PoCL; `retort bench kernels --names softmax-kl` shows its effect.
  private static let rowCost = 200
  /// Work-items of a work-group.
  private static let groupSize = 128

  /// Cuts `rows` rows of `columns` elements.
  init(_ form: KernelForm, rows: Int, columns: Int, device: DeviceLimits) {
    switch form {
    case .vector:
      let wanted = min(
        rows * (columns + Self.rowCost) / CoreShare.elements,
        device.computeUnits * CoreShare.itemsPerCore)
      let rowsPerItem = (rows + max(1, wanted) - 1) / max(1, wanted)
      macros = [:]
      global = [(rows + rowsPerItem - 1) / rowsPerItem]
      local = [1]
      arguments = ["rowsPerItem": .int(rowsPerItem)]
    case .tiled:
      // Three shapes, so that few programs are built.
      let lanes = device.group(columns <= 16 ? 16 : columns <= 512 ? 64 : 256)
      let groupRows = max(1, device.group(Self.groupSize) / lanes)
      macros = ["LANES": "\(lanes)", "ROWS": "\(groupRows)"]
      global = [lanes, (rows + groupRows - 1) / groupRows * groupRows]
      local = [lanes, groupRows]
      arguments = [:]
    }
  }
}

extension Lowering {
  /// The geometry of a kernel over rows on this device, in this form.
  func rowGeometry(rows: Int, columns: Int) -> RowGeometry {
    RowGeometry(form, rows: rows, columns: columns, device: device)
  }
}

extension KernelForm {
  /// The entry of a kernel over rows in this form.
  func rowEntry(_ name: String) -> String {
    switch self {
    case .vector: name + "_vector"
    case .tiled: name + "_rows"
    }
  }
}
