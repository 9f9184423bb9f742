import Testing

@testable import RetortOpenCL

@Suite struct MergedProgramTests {
  @Test func definedNamesAreFound() {
    let names = DefinedNames(
      """
      // head: int comment(void)
      #ifndef TILE
      #define TILE 4
      #endif
      # define CALL(x) helper(x) + \\
      int not_a_function(1)
      typedef __global const float* address;  // a type; not this
      typedef struct { int a, b; } pair;
      typedef struct {
        int c;
      } triple;
      __constant int table[2] = {1, 2};
      static inline float helper(float x) { return x; }
      static pair pair_of(int a) {
        return (pair){a, later(a)};
      }
      MACRO_CALL(nothing)
      __kernel __attribute__((reqd_work_group_size(8, 1, 1)))
      void first(__global float* y) {}
      #define ENTRY third
      __kernel void ENTRY(const int n) {}
      __kernel __attribute__((reqd_work_group_size(1, 1, 1))) void second(const int n,
                                                                          float other(int)) {}
      """)
    #expect(names.macros == ["TILE", "CALL", "ENTRY"])
    #expect(
      names.symbols == [
        "address", "pair", "triple", "table", "helper", "pair_of", "first", "third", "second",
      ])
  }

  private func launch(_ factor: Int, _ y: DeviceMemory) -> Launch {
    Launch(
      entry: "scale",
      macros: ["FACTOR": "\(factor)"],
      generated: """
        #define TWICE(x) (2 * (x))
        typedef float number;
        __constant float offset[1] = {FACTOR};
        static number scaled(number x) { return TWICE(x) * FACTOR + offset[0]; }
        __kernel void scale(__global float* y) {
          const size_t i = get_global_id(0);
          y[i] = scaled(y[i]);
        }
        """,
      global: [4], local: [4], arguments: ["y": .buffer(.device(y))])
  }

  @Test(arguments: [true, false])
  func instancesDoNotSeeEachOther(_ merges: Bool) throws {
    let context = try OpenCLContext(try OpenCLDevice.select(), mergesPrograms: merges)
    let y = try DeviceMemory(context, [1, 2, 3, 4] as [Float])
    let list = try LaunchList(
      [1, 3, 1].map { .kernel(launch($0, y)) }, in: context)
    #expect(context.programs.buildCount == 1)
    try list.replay()
    // 2x + 1, then 6x + 3, then 2x + 1.
    #expect(try y.read(Float.self, count: 4) == [43, 67, 91, 115])
    let more = try LaunchList([1, 5].map { .kernel(launch($0, y)) }, in: context)
    #expect(context.programs.buildCount == 2)
    try more.replay()
    #expect(try y.read(Float.self, count: 1) == [875])
  }

  /// Another process, which has built other kernels before, finds the program in PoCL's cache.
  @Test func aProgramDependsOnItsListAlone() throws {
    let y = try DeviceMemory(try Fixture.context(), [1, 2, 3, 4] as [Float])
    let instances = [1, 7].map { KernelInstance(launch($0, y)) }
    func text(after earlier: [KernelInstance]) throws -> String {
      let context = try OpenCLContext(try OpenCLDevice.select(), mergesPrograms: true)
      _ = try context.programs.prepare(earlier, for: context)
      let built = try context.programs.prepare(instances, for: context)
      return try #require(built[instances[1]]).program.source.text
    }
    #expect(try text(after: []) == text(after: [instances[0]]))
  }

  @Test func everyFamilyCanShareAProgram() throws {
    let context = try OpenCLContext(try OpenCLDevice.select(), mergesPrograms: true)
    // The others are text for these.
    let families = try KernelSources.names.filter { name throws(OpenCLError) in
      try KernelSources.text(name).contains("__kernel")
    }
    let instances = families.flatMap { family in
      ["1", "2"].map {
        KernelInstance(family: family, macros: ["INSTANCE": $0], generated: "// none")
      }
    }
    let built = try context.programs.prepare(instances, for: context)
    #expect(built.count == 2 * families.count)
    #expect(context.programs.buildCount == 1, "some family cannot be merged; see the build log")
  }

  @Test func noNameWithASuffixBeginsAnother() {
    let names = (0..<120).map { "kernel" + ProgramSource.suffix($0) }
    for name in names {
      #expect(names.filter { $0.hasPrefix(name) } == [name])
    }
  }

  @Test func aFaultIsReportedForTheInstanceThatHasIt() throws {
    let context = try OpenCLContext(try OpenCLDevice.select(), mergesPrograms: true)
    let y = try DeviceMemory(context, [1, 2, 3, 4] as [Float])
    var bad = launch(2, y)
    bad.macros = ["FACTOR": "undeclared_name"]
    let error = #expect(throws: OpenCLError.self) {
      try LaunchList([.kernel(launch(1, y)), .kernel(bad)], in: context)
    }
    guard case .build(let program, _, _, let log) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    #expect(program.macros == ["FACTOR=undeclared_name"])
    #expect(log.contains("undeclared_name"))
  }
}
