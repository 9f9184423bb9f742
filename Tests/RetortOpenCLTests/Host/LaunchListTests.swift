import Testing

@testable import RetortOpenCL

@Suite struct LaunchListTests {
  @Test(arguments: [1, 15, 16, 17, 1000])
  func saxpyIsRight(_ count: Int) throws {
    let context = try Fixture.context()
    let x = try DeviceMemory(context, (0..<count).map { Float($0) - 3 })
    let y = try DeviceMemory(context, (0..<count).map { Float($0 * 2) })
    let launch = Fixture.saxpy("saxpy_right", a: 0.5, x: x, y: y, count: count)
    let list = try LaunchList([.kernel(launch)], in: context)
    try list.replay()
    let found = try y.read(Float.self, count: count)
    let expected: [Float] = (0..<count).map { 2.5 * Float($0) - 1.5 }
    #expect(found == expected)
  }

  @Test func commandsRunInOrder() throws {
    let context = try Fixture.context()
    let one = try DeviceMemory(context, [Float](repeating: 1, count: 64))
    let y = try DeviceMemory(context, [Float](repeating: 0, count: 64))
    // y ← 2y + 1 by two kernels through a temporary: any other order gives other numbers.
    let t = try DeviceMemory(context, byteCount: 256)
    let list = try LaunchList(
      [
        .copy(CopyCall(from: .device(y), to: .device(t), byteCount: 256)),
        .kernel(Fixture.saxpy("saxpy_double", a: 1, x: t, y: y, count: 64)),
        .kernel(Fixture.saxpy("saxpy_add_one", a: 1, x: one, y: y, count: 64)),
      ], in: context)
    for _ in 0..<20 { try list.replay() }
    #expect(try y.read(Float.self, count: 64) == [Float](repeating: 1_048_575, count: 64))
  }

  @Test func profileGivesATimeForEachCommand() throws {
    let context = try Fixture.context()
    let x = try DeviceMemory(context, [Float](repeating: 1, count: 4096))
    let y = try DeviceMemory(context, [Float](repeating: 0, count: 4096))
    let launch = Fixture.saxpy("saxpy_profiled", a: 1, x: x, y: y, count: 4096)
    let copy = CopyCall(from: .device(x), to: .device(y), byteCount: 64)
    let list = try LaunchList([.kernel(launch), .copy(copy)], in: context)
    let times = try list.profile()
    #expect(times.count == 2 && times[0] > 0)
    #expect(list.descriptions.map(\.label) == ["saxpy_profiled", "copy 64 bytes"])
    #expect(try y.read(Float.self, count: 2) == [1, 1])
  }

  @Test func eachDistinctProgramIsBuiltOnce() throws {
    let context = try OpenCLContext(try OpenCLDevice.select())
    let x = try DeviceMemory(context, [Float](repeating: 1, count: 64))
    let y = try DeviceMemory(context, [Float](repeating: 0, count: 64))
    let commands = ["twin_a", "twin_b", "twin_a"].map {
      DeviceCommand.kernel(Fixture.saxpy($0, a: 1, x: x, y: y, count: 64))
    }
    let list = try LaunchList(commands, in: context)
    #expect(context.programs.buildCount == 1)
    _ = try LaunchList(commands, in: context)
    #expect(context.programs.buildCount == 1)
    var other = Fixture.saxpy("twin_c", a: 1, x: x, y: y, count: 64)
    other.macros = ["UNUSED": "1"]
    _ = try LaunchList([.kernel(other), .kernel(other)] + commands, in: context)
    #expect(context.programs.buildCount == 2)
    try list.replay()
    #expect(try y.read(Float.self, count: 1) == [3])
  }

  @Test func buffersAreFreedWithTheirList() throws {
    let context = try OpenCLContext(try OpenCLDevice.select())
    do {
      let x = try DeviceMemory(context, [Float](repeating: 1, count: 1024))
      let part = try x.part(at: 2048, byteCount: 256)
      let list = try LaunchList(
        [.kernel(Fixture.saxpy("saxpy_part", a: 1, x: x, y: part, count: 64))], in: context)
      try list.replay()
      let found = try x.read(Float.self, count: 577)
      #expect(found[511] == 1 && found[576] == 1)
      #expect(found[512..<576].allSatisfy { $0 == 2 })
      #expect(context.liveBufferCount == 1)
    }
    #expect(context.liveBufferCount == 0)
  }

  @Test func aListKeepsItsBuffers() throws {
    let context = try OpenCLContext(try OpenCLDevice.select())
    let y = try DeviceMemory(context, [Float](repeating: 0, count: 64))
    var list: LaunchList?
    do {
      let x = try DeviceMemory(context, [Float](repeating: 5, count: 64))
      list = try LaunchList(
        [.kernel(Fixture.saxpy("saxpy_kept", a: 1, x: x, y: y, count: 64))], in: context)
    }
    #expect(context.liveBufferCount == 2)
    try list?.replay()
    #expect(try y.read(Float.self, count: 1) == [5])
    list = nil
    #expect(context.liveBufferCount == 1)
  }

  @Test func clblastMultiplies() throws {
    let context = try Fixture.context()
    let a = try DeviceMemory(context, [1, 2, 3, 4, 5, 6] as [Float])  // [2, 3]
    let b = try DeviceMemory(context, [1, 0, 2, 1, 0, 3] as [Float])  // [3, 2]
    let c = try DeviceMemory(context, [Float](repeating: 0, count: 4))
    let call = SgemmCall(a: .device(a), b: .device(b), c: .device(c), m: 2, n: 2, k: 3)
    do {
      let list = try LaunchList([.sgemm(call)], in: context)
      try list.replay()
      #expect(try c.read(Float.self, count: 4) == [5, 11, 14, 23])
    } catch {
      // Where CLBlast is absent, the message must say so.
      #expect("\(error)".contains("libclblast.so.1 is not installed"))
    }
  }
}
