import RetortCore

/// A backend without a device: it computes nothing, and hands over the text of every kernel that a
/// GPU would be given.
///
/// Plans are lowered in the tiled form for `DeviceLimits.largeGPU`; whatever is read back is one.
/// `make gpu-check` compiles the texts for GPUs that the machine need not have.
package final class SourceBackend: Backend {
  /// What messages and results call it.
  package let name = "no device (kernel sources only)"
  private let processors: [(matrix: MatrixUnits?, fence: DeviceFence?)]
  private let write: (_ name: String, _ text: String) throws -> Void
  private var known: [KernelInstance: Set<String>] = [:]
  private var knownKinds: Set<LaunchMacros> = []

  /// As a GPU.
  package var fusesPrologues: Bool { true }

  /// Hands each kernel over once.
  ///
  /// - Parameters:
  ///   - compute: What products and convolutions multiply in; kernels on matrix units are written
  ///     for every instruction that knows the type.
  ///   - write: Takes a name, `ENTRY-HASH`, in which `ENTRY` is the kernel to check, and the whole
  ///     program's text. Equal texts have equal names, in every process.
  package init(
    compute: ComputeType = .float32,
    write: @escaping (_ name: String, _ text: String) throws -> Void
  ) {
    processors =
      compute == .float32
      ? [(nil, nil), (nil, .amdgcn), (nil, .ptx)]
      : MatrixUnits.all(compute).map { ($0, $0.instruction.fence) }
    self.write = write
  }

  /// A buffer that takes no memory.
  package func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    NullBuffer(count: count, dtype: dtype)
  }

  /// Lowers every step of `plan` and hands its kernels over.
  ///
  /// - Throws: `BackendError.unsupported`, or what `write` throws.
  package func compile(
    _ plan: Plan, variables: [any DeviceBuffer]
  ) throws -> any Executable {
    var launchCount = 0
    for (matrix, fence) in processors {
      var lowering = Lowering(
        plan, device: .largeGPU, form: .tiled, matrix: matrix, fence: fence)
      let (setup, steps) = try lowering.lower()
      for case .kernel(let launch) in setup + steps {
        try handOver(launch)
        for variant in unseenTiles(of: launch, matrix) { try handOver(variant) }
      }
      launchCount = steps.count
    }
    return NullExecutable(plan, launchCount: launchCount)
  }

  private func handOver(_ launch: Launch) throws {
    let instance = KernelInstance(launch)
    guard known[instance, default: []].insert(launch.entry).inserted else { return }
    let text = try ProgramSource(instance).text
    try write("\(launch.entry)-\(FNV.hexadecimal(text))", text)
  }

  /// The launch with every tile that the tiled products know, if it is the first of its kind: a
  /// device of another size would choose another tile.
  private func unseenTiles(of launch: Launch, _ matrix: MatrixUnits?) -> [Launch] {
    let flags = [
      "VECTOR_A", "VECTOR_B", "PARTIAL", "TRANSPOSE_A", "TRANSPOSE_B", "OBSERVED", "MOMENTS",
      "MATRIX_CORE", "FENCE",
    ]
    let values = Dictionary(launch.macros.pairs.map { ($0.name, $0.value) }) { _, last in last }
    guard values["TILE_M"] != nil else { return [] }
    var kind: LaunchMacros = ["ENTRY": launch.entry]
    for flag in flags { kind.append(flag, values[flag] ?? "") }
    kind.append("loads", "\(launch.generated.contains("LOADED_"))")
    guard knownKinds.insert(kind).inserted else { return [] }
    let tiles = TileShape.all(on: matrix) + (matrix == nil ? TileShape.tried : [])
    return tiles.filter { !$0.isCrowded || values["MOMENTS"] != "0" }.map { tile in
      var variant = launch
      variant.macros.replace(with: tile.macros)
      return variant
    }
  }
}
