import RetortCore
import Testing

@testable import RetortOpenCL

@Suite struct LocalMemoryTests {
  /// Bytes of local memory that `matmul_vector` declares with these macros.
  private func byteCount(_ macros: LaunchMacros) -> Int {
    func value(_ name: String) -> Int {
      macros.pairs.first { $0.name == name }.flatMap { Int($0.value) } ?? 0
    }
    let rows = (value("DIRECT") == 1 ? 0 : value("KC")) + value("DEEP") * value("ROWS")
    return 4 * 16 * value("NV") * rows
  }

  private static func plain(_ m: Int, _ n: Int) -> PointwiseProgram {
    var program = PointwiseProgram(shape: [m, n])
    program.store(program.add(.accumulator))
    return program
  }

  @Test(arguments: [16, 32, 48, 64, 128, 256, 512])
  func aVectorProductAsksForWhatThereIs(_ kibibytes: Int) {
    var largest = 0
    for k in [1, 60, 300, 1000, 5000] {
      for (m, n) in [(1, 1), (4, 64), (7, 512), (100, 40), (300, 300), (2000, 10)] {
        for transposeA in [false, true] {
          let matmul = MatmulStep(
            batch: 1, m: m, n: n, k: k, transposeA: transposeA, transposeB: !transposeA,
            epilogue: Self.plain(m, n))
          let limits = DeviceLimits(
            computeUnits: 2, maxWorkGroupSize: 4096, localMemorySize: kibibytes << 10)
          for choice in VectorProduct(matmul, device: limits).decisions.joined() {
            let product = VectorProduct(matmul, device: limits, choice: choice)
            largest = max(largest, byteCount(product.macros(matmul)))
          }
        }
      }
    }
    #expect(largest <= kibibytes << 10)
    // Neither is it left unused.
    #expect(largest >= min(kibibytes, 48) << 9)
  }

  @Test func limitsAreHalvedDownToTheSmallestGroup() {
    var limits = DeviceLimits(computeUnits: 8, maxWorkGroupSize: 1000, localMemorySize: 32 << 10)
    #expect(limits.group(256) == 256 && limits.group(1024) == 512)
    var seen: [Int] = []
    while let next = limits.halved {
      limits = next
      seen.append(limits.maxWorkGroupSize)
    }
    #expect(seen == [128, 64])
    #expect(limits.localMemorySize == 8 << 10)
  }
}
