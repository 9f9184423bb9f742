import RetortCore

/// The matrix units that tiled products and convolutions run on.
///
/// Without them they multiply in float32; see `Kernels/matmul/tile_core.cl`.
package enum MatrixUnits: Hashable, Sendable {
  /// `mma.sync` on NVIDIA's processors, by PTX.
  case ptx(ComputeType)
  /// The same fragments in plain C, for tests.
  case emulated(ComputeType)

  /// What they multiply in.
  package var compute: ComputeType {
    switch self {
    case .ptx(let type), .emulated(let type): type
    }
  }

  /// Multiply-adds for one of float32, roughly.
  var rate: Double { compute == .tf32 ? 8 : 16 }

  /// The macros that choose them.
  var macros: LaunchMacros {
    let core =
      switch self {
      case .emulated: "0"
      case .ptx: "1"
      }
    return ["COMPUTE": compute == .tf32 ? "1" : "2", "MATRIX_CORE": core]
  }
}
