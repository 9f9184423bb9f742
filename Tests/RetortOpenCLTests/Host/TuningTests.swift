import Glibc
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct TuningTests {
  private static let key = TuningKey("vector matmul 1x40x30x50 nn")

  private func withStore(_ body: (TuningStore, CacheFolder) throws -> Void) throws {
    var template = Array("/tmp/retort-test-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { _ = system("rm -rf '\(path)'") }
    let folder = CacheFolder(path: path)
    try body(TuningStore(folder: folder), folder)
  }

  @Test(arguments: ["default", "clblast", "splits=2", "winograd band=2 tiles=6 vectors=1"])
  func choicesReadWhatTheyWrite(_ text: String) {
    #expect(TuningChoice(text)?.description == text)
  }

  @Test(arguments: [
    "", " ", "fast", "rows=", "rows=2 rows=3", "=1", "rows=2  x=1", "rows=2 direct",
  ])
  func otherTextIsNoChoice(_ text: String) { #expect(TuningChoice(text) == nil) }

  @Test func bakedChoicesAreChoices() {
    for (device, choices) in TuningTable.known {
      #expect(Set(choices.map(\.0)).count == choices.count, "\(device)")
      for (key, text) in choices {
        #expect(TuningChoice(text)?.description == text, "\(key)")
        #expect(KernelForm.allCases.contains { key.hasPrefix($0.rawValue + " ") }, "\(key)")
      }
    }
  }

  @Test func choicesAreKeptAndDamageIsSaid() throws {
    try withStore { store, folder in
      let device = try Fixture.context().device
      #expect(try store.read(device) == TuningTable())
      var table = TuningTable([Self.key: TuningChoice("rows=4 vectors=2")!])
      table[TuningKey("tiled matmul 1x1x1x1 nn")] = TuningChoice()
      try store.write(table, for: device)
      #expect(try store.read(device) == table)
      let name = String(store.path(device).dropFirst(folder.path.count + 1))
      let good = try #require(folder.read(name))
      let text = String(decoding: good, as: UTF8.self)
      for bad in [Array(good.dropLast(3)), Array(text.replacing("rows=4", with: "rows").utf8)] {
        folder.write(bad, to: name)
        #expect(throws: TuningError.damaged(store.path(device))) { try store.read(device) }
        let backend = try OpenCLBackend(try Fixture.context(), store: store)
        #expect(backend.tuningFault == .damaged(store.path(device)))
        #expect(backend.tuning == .baked(for: device))
      }
      let other = text.replacing(device.driverVersion, with: "0.0")
      folder.write(Array(other.utf8), to: name)
      #expect(try store.read(device) == TuningTable())
      try store.write(table, for: device)
      #expect(try OpenCLBackend(try Fixture.context(), store: store).tuning[Self.key] != nil)
      try store.clear(device)
      try store.clear(device)
      #expect(try store.read(device) == TuningTable())
    }
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    let store = TuningStore(folder: CacheFolder(path: "/proc/nothing"))
    let device = try Fixture.context().device
    #expect(throws: TuningError.notWritten(store.path(device))) {
      try store.write(TuningTable(), for: device)
    }
  }

  /// A product in the vector form with a choice.
  private func product(_ choice: String) throws -> VectorProduct {
    VectorProduct(
      MatmulStep(
        batch: 1, m: 40, n: 30, k: 50, transposeA: false, transposeB: false, epilogue: .plain),
      device: try Fixture.context().device.limits, choice: TuningChoice(choice))
  }

  @Test func aPlannerTakesWhatIsPossibleAndIgnoresTheRest() throws {
    let standard = try product("default")
    let other = standard.rows == 4 ? 3 : 4
    let chosen = try product("rows=\(other) columns=1 vectors=1")
    #expect(chosen.rows == other && chosen.vectors == 1)
    for impossible in ["rows=5 columns=1 vectors=1", "rows=4", "rows=4 columns=1 vectors=9"] {
      let ignored = try product(impossible)
      #expect(ignored.rows == standard.rows && ignored.vectors == standard.vectors)
    }
    #expect(try product("splits=1000000 block=-1").splits == standard.splits)
  }

  /// Sums, columns and a broadcast row of a tile lie in registers.
  @Test(arguments: [(4, 2, 1), (8, 6, 1), (32, 6, 4)])
  func tilesFitTheRegisters(_ count: Int, _ rows: Int, _ vectors: Int) throws {
    var limits = try Fixture.context().device.limits
    limits.registers = VectorRegisters(count: count)
    let product = VectorProduct(
      MatmulStep(
        batch: 1, m: 512, n: 512, k: 512, transposeA: false, transposeB: false, epilogue: .plain),
      device: limits)
    #expect(product.rows == rows && product.vectors == vectors)
  }

  @Test(arguments: KernelForm.allCases) func aSearchEndsWithARightChoice(_ form: KernelForm) throws
  {
    let device = try Fixture.context().device
    let graph = Graph()
    let a = graph.input("a", [40, 50])
    let b = graph.input("b", [50, 30])
    let plan = try Plan(graph, outputs: [a.matmul(b), a.matmul(b).relu()], effects: [])
    let targets = StepTuner(device: device, form: form).targets(in: [plan, plan])
    #expect(targets.map(\.key.description) == ["\(form.rawValue) matmul 1x40x30x50 nn fused"])
    let target = try #require(targets.first)
    #expect(try StepTuner(device: device, form: form, isCancelled: { true }).tune(target) == nil)
    let result = try #require(try StepTuner(device: device, form: form).tune(target))
    #expect(result.trialCount > 3)
    #expect(result.rejected.isEmpty, "\(result.rejected)")
    #expect(result.bestSeconds > 0 && result.bestSeconds <= result.defaultSeconds)
    #expect(result.choice.isDefault == (result.bestSeconds == result.defaultSeconds))
    let none = StepTuner(device: device, form: form, sampleLimit: 0)
    let slow = try #require(try none.tune(target))
    #expect(slow.choice.isDefault && slow.trialCount == 0)
    #expect(slow.rejected.map(\.choice.isDefault) == [true])
    #expect(slow.rejected.first?.reason.contains("too long to go on") == true)
  }
}

extension PointwiseProgram {
  /// Stores the sum of a product of 40 × 30.
  fileprivate static var plain: PointwiseProgram {
    var program = PointwiseProgram(shape: [40, 30])
    program.store(program.add(.accumulator))
    return program
  }
}
