/// The vector registers of a core, as the forms for CPUs use them.
package struct VectorRegisters: Hashable, Sendable, Codable {
  /// Vectors of 16 floats that lie in registers: 32 with AVX-512, 8 with AVX2 or NEON, 4 with SSE.
  package var count: Int

  /// Those of a core with AVX-512.
  package static let most = VectorRegisters(count: 32)
  /// What cores are known to have.
  static let known = [4, 8, 16, 32].map(VectorRegisters.init)

  /// So many vectors of 16 floats.
  package init(count: Int) { self.count = count }

  /// Vectors that a loop of multiply-adds on itself keeps beside its two operands.
  var chains: Int { count < 32 ? count - 2 : 28 }

  /// Sums that a register tile of so many vectors of columns keeps: beside them lie the columns and a broadcast row.
  ///
  /// Benchmarks/NOTES.md, "Register tiles of cores with AVX2", has the effect.
  func accumulators(vectors: Int = 1) -> Int { count < 32 ? max(1, count - 1 - vectors) : 28 }

  /// Multiply-adds that hide each other's latency; a smaller tile takes as long as one of these.
  ///
  /// Chosen by trial; `retort bench kernels --names gemm` shows its effect.
  var latency: Int { count < 32 ? 5 : 8 }
}
