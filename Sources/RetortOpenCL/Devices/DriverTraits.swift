/// How a device's driver must be dealt with, as probes have found.
package struct DriverTraits: Equatable, Sendable, Codable {
  /// Whether the driver's word on what a compiled kernel may have is right of one that is known.
  package var reportsKernelLimits = true
  /// What multiply-adds are.
  package var multiplyAdd = MultiplyAdd.fused
  /// The registers that its compiler keeps vectors of 16 floats in.
  package var registers = VectorRegisters.most
  /// The bytes of a result from which on it is stored past the caches, in the form for CPU devices; nil where that
  /// saves no time.
  package var streamedBytes: Int?
}

/// How kernels multiply and add.
package enum MultiplyAdd: String, Sendable, Codable, CaseIterable {
  /// Rounded once.
  case fused = "fma"
  /// A product and a sum where the device has no instruction for both: `fma` would be a long program.
  case separate = "mad"
}

/// What a program is written in.
package struct Dialect: Hashable, Sendable {
  /// The version of OpenCL C.
  package var language = LanguageVersion.openCL12
  /// What multiply-adds are.
  package var multiplyAdd = MultiplyAdd.fused

  /// Every one.
  static let all = LanguageVersion.allCases.flatMap { language in
    MultiplyAdd.allCases.map { Dialect(language: language, multiplyAdd: $0) }
  }

  /// What stands before the prelude.
  var head: String { multiplyAdd == .fused ? "" : "#define MAD \(multiplyAdd.rawValue)\n" }
}
