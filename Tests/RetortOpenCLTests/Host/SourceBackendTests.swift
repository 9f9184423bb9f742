import RetortCore
import Testing

@testable import RetortOpenCL

@Suite struct SourceBackendTests {
  private final class Folder {
    var files: [(name: String, text: String)] = []
  }

  /// The kernels of a product with a bias and of its gradient.
  private func compile(on backend: SourceBackend) throws -> any Executable {
    let graph = Graph()
    let (x, w) = (graph.input("x", [64, 32]), graph.input("w", [32, 48]))
    let y = (x.matmul(w) + 1).relu()
    return try Session(backend).compile(
      graph, outputs: [y] + gradients(of: y.sum(), with: [x, w]))
  }

  private func defines(_ macros: LaunchMacros) -> String {
    macros.pairs.map { "#define \($0.name) \($0.value)\n" }.joined()
  }

  @Test func everyKernelIsHandedOverOnce() throws {
    let folder = Folder()
    let backend = SourceBackend { folder.files.append(($0, $1)) }
    let executable = try compile(on: backend)
    #expect(executable.launchCount > 0)
    #expect(Set(folder.files.map(\.name)).count == folder.files.count)
    for file in folder.files {
      let entry = try #require(file.name.split(separator: "-").first)
      #expect(file.text.contains("__kernel"))
      #expect(file.text.contains(entry))
      #expect(file.text.hasPrefix("// prelude"))
    }
    let count = folder.files.count
    _ = try compile(on: backend)
    #expect(folder.files.count == count)
  }

  @Test func everyTileIsHandedOver() throws {
    let folder = Folder()
    _ = try compile(on: SourceBackend { folder.files.append(($0, $1)) })
    for transposes in ["0\n#define TRANSPOSE_B 0\n", "0\n#define TRANSPOSE_B 1\n"] {
      for tile in TileShape.all(on: nil) {
        #expect(
          folder.files.contains {
            $0.text.contains(defines(tile.macros))
              && $0.text.contains("#define TRANSPOSE_A " + transposes)
          }, "\(tile), \(transposes)")
      }
    }
  }

  @Test(arguments: [ComputeType.tf32, .bf16, .fp16])
  func matrixUnitsAreEveryMakers(_ compute: ComputeType) throws {
    let folder = Folder()
    _ = try compile(on: SourceBackend(compute: compute) { folder.files.append(($0, $1)) })
    var products = folder.files.filter { $0.name.hasPrefix("matmul_tiled") }
    #expect(MatrixUnits.all(compute).count == (compute == .tf32 ? 2 : 5))
    for units in MatrixUnits.all(compute) {
      let own = products.filter { $0.text.contains(defines(units.macros)) }
      for tile in TileShape.all(on: units) {
        #expect(own.contains { $0.text.contains(defines(tile.macros)) }, "\(units), \(tile)")
      }
      products.removeAll { $0.text.contains(defines(units.macros)) }
    }
    #expect(products.isEmpty)
  }

  @Test func lastWorkGroupsCombineStatisticsWithEveryMakersFence() throws {
    let folder = Folder()
    let backend = SourceBackend { folder.files.append(($0, $1)) }
    let graph = Graph()
    let y = graph.input("x", [640, 32]).matmul(graph.input("w", [32, 48]))
    let executable = try Session(backend).compile(
      graph, outputs: [y, y.moments(.channels, epsilon: 1e-5).packed])
    #expect(executable.launchCount == 1)
    for fence in [DeviceFence.ptx, .amdgcn] {
      #expect(folder.files.contains { $0.text.contains(defines(fence.macros)) }, "\(fence)")
    }
    #expect(!folder.files.contains { $0.text.contains(defines(DeviceFence.openCL.macros)) })
  }

  @Test func nothingIsComputed() throws {
    let backend = SourceBackend { _, _ in }
    let executable = try compile(on: backend)
    try executable.setInput(0, [Float](repeating: 7, count: 64 * 32))
    try executable.run()
    #expect(try executable.floats(0) == [Float](repeating: 1, count: 64 * 48))
  }

  @Test func aWriteThatFailsEndsTheCompilation() {
    struct Full: Error {}
    let backend = SourceBackend { _, _ in throw Full() }
    #expect(throws: Full.self) { try compile(on: backend) }
  }
}
