import RetortCore

/// A processor's instruction for products of small matrices, which a warp's lanes hold together.
public enum MatrixInstruction: String, Sendable, Codable, CaseIterable {
  /// NVIDIA's, from Ampere on, by PTX.
  case mma = "mma.sync"
  /// AMD's CDNA processors, from gfx90a on; tf32 on gfx942.
  case mfma
  /// AMD's RDNA3 processors.
  case wmma
  /// Intel's Xe-HPG processors (Arc A), in sub-groups of 8.
  case dpas8 = "dpas in sub-groups of 8"
  /// Intel's Xe-HPC and Xe2 processors (Data Center GPU Max, Arc B), in sub-groups of 16.
  case dpas16 = "dpas in sub-groups of 16"

  /// Work-items that hold a matrix together.
  var lanes: Int {
    switch self {
    case .dpas8: 8
    case .dpas16: 16
    case .mma, .wmma: 32
    case .mfma: 64
    }
  }

  /// Columns of the matrices that one instruction makes.
  var columns: Int { self == .mma || self == .dpas8 ? 8 : 16 }

  /// The types that it can multiply in, on one processor or another.
  var computeTypes: [ComputeType] {
    self == .mma || self == .mfma ? [.tf32, .bf16, .fp16] : [.bf16, .fp16]
  }
}

/// The matrix units that tiled products and convolutions run on.
///
/// Without them they multiply in float32; see `Kernels/matmul/tile_core.cl`.
package struct MatrixUnits: Hashable, Sendable {
  /// The instruction that drives them.
  package let instruction: MatrixInstruction
  /// The type that they multiply in.
  package let compute: ComputeType
  /// Whether plain C takes the instruction's place, with the same fragments, for tests.
  package var isEmulated = false

  /// All that multiply in `compute`; none for float32.
  package static func all(_ compute: ComputeType) -> [MatrixUnits] {
    MatrixInstruction.allCases.filter { $0.computeTypes.contains(compute) }
      .map { MatrixUnits(instruction: $0, compute: compute) }
  }

  /// Multiply-adds for one of float32, by the peaks of the units.
  var rate: Double { compute == .tf32 ? 8 : 16 }

  /// The macros that choose them.
  var macros: LaunchMacros {
    let type =
      switch compute {
      case .float32: "0"
      case .tf32: "1"
      case .bf16: "2"
      case .fp16: "3"
      }
    let core =
      switch instruction {
      case .mma: "1"
      case .mfma: "2"
      case .wmma: "3"
      case .dpas8: "4"
      case .dpas16: "5"
      }
    return ["COMPUTE": type, "MATRIX_CORE": core, "EMULATED": isEmulated ? "1" : "0"]
  }
}
