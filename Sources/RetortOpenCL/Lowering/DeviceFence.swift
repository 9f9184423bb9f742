/// The fence by which work-groups of one launch order their writes to global memory, so that the last one to
/// finish sees those of all; see `Kernels/matmul/last_group_core.cl`.
public enum DeviceFence: String, Sendable, Codable, CaseIterable {
  /// NVIDIA's `fence.acq_rel.gpu`, from sm_70 on, by PTX.
  case ptx = "fence.acq_rel.gpu"
  /// A builtin of AMD's compiler.
  case amdgcn = "__builtin_amdgcn_fence"
  /// A fence of OpenCL C 3.0, where the compiler says that it orders a device.
  case openCL = "atomic_work_item_fence"

  /// The macros that choose it.
  var macros: LaunchMacros {
    switch self {
    case .ptx: ["FENCE": "1"]
    case .amdgcn: ["FENCE": "2"]
    case .openCL: ["FENCE": "3"]
    }
  }

  /// The language of programs that use it.
  var language: LanguageVersion { self == .openCL ? .openCL3 : .openCL12 }
}

extension MatrixInstruction {
  /// The fence of the compiler that has the instruction, if it has one of its own.
  var fence: DeviceFence? {
    switch self {
    case .mma: .ptx
    case .mfma, .wmma: .amdgcn
    case .dpas8, .dpas16: nil
    }
  }
}
