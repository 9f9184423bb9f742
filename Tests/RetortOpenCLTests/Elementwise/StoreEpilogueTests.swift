import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct StoreEpilogueTests {
  /// A stand-in for a contraction: every element of the `[M, N]` result is stored once: those of the
  /// first rows by STORE_RUN16; of the others by STORE16 where 16 columns are left, else by
  /// STORE_PART16 in even rows and by STORE1 in odd ones.
  private func launch(
    _ sample: ArbitraryProgram, x: DeviceMemory, operands: [DeviceMemory], results: [DeviceMemory],
    number: Int
  ) -> Launch {
    let epilogue = StoreEpilogue(
      sample.program, operands: operands.map { .device($0) }, results: results.map { .device($0) })
    let columns = sample.program.shape.columnCount
    let rows = sample.program.shape.count / columns
    var arguments: LaunchArguments = [
      "x": .buffer(.device(x)), "c": .buffer(.device(results[0])),
    ]
    arguments.append(epilogue.arguments)
    return Launch(
      entry: "store_\(number)",
      generated: """
        #undef STORE_PARAMETERS
        #undef STORE1
        #undef STORE_PART16
        #undef STORE16
        #undef STORE_PREPARE
        #undef STORE_RUN16
        #undef N
        #define N \(columns)
        \(epilogue.text)
        #ifndef STORE1
        #define STORE_PARAMETERS
        #define STORE1(value, m, n) c[(size_t)(m) * N + (n)] = (value)
        #define STORE_PART16(value, count, m, n) \\
          store_part16(value, count, c + (size_t)(m) * N + (n))
        #define STORE16(value, m, n) STORE_PART16(value, 16, m, n)
        #define STORE_PREPARE
        #define STORE_RUN16(value, count, m, n) STORE_PART16(value, count, m, n)
        #endif
        __kernel void store_\(number)(__global const float* x, __global float* c STORE_PARAMETERS) {
          const int row = (int)get_global_id(0);
          const int runs = \(rows - rows / 2) * N;
          if (row * N < runs) {
            if (row > 0) return;
            STORE_PREPARE
            for (int i = 0; i < runs; i += 16) {
              STORE_RUN16(vload16(0, x + i), min(16, runs - i), i / N, i % N);
            }
            return;
          }
          int n = 0;
          for (; n + 16 <= N; n += 16) {
            const float16 value[1] = {vload16(0, x + row * N + n)};
            STORE16(value[0], row, n);
          }
          if (row % 2 == 0 && n < N) {
            STORE_PART16(vload16(0, x + row * N + n), N - n, row, n);
            n = N;
          }
          for (; n < N; n++) STORE1(x[row * N + n], row, n);
        }
        """,
      global: [rows], local: [1], arguments: arguments)
  }

  @Test(arguments: 0..<2)
  func arbitraryEpiloguesMatchTheOracle(_ group: Int) throws {
    let context = try Fixture.context()
    var commands: [DeviceCommand] = []
    var checks: [() throws -> Void] = []
    for number in 0..<25 {
      let seed = UInt64(1000 + group * 25 + number)
      let sample = ArbitraryProgram(seed: seed, accumulator: true)
      var numbers = TestNumbers(seed: seed)
      let values = numbers.floats(sample.program.shape.count)
      let padding = [Float](repeating: -7777, count: 64)
      let operands = try sample.inputs.map { input in
        try DeviceMemory(
          context, input.withBytes { Array($0) } + padding.withUnsafeBytes { Array($0) })
      }
      let results = try sample.outputCounts.map {
        try DeviceMemory(context, [Float](repeating: -7777, count: $0 + 64))
      }
      commands.append(
        .kernel(
          launch(
            sample, x: try DeviceMemory(context, values + padding), operands: operands,
            results: results, number: number)))
      checks.append {
        let oracle = ProgramOracle(program: sample.program, inputs: sample.inputs)
        for (index, count) in sample.outputCounts.enumerated() {
          let found = HostArray.float32(try results[index].read(Float.self, count: count + 64))
          let expected = oracle.stored(index, in: count, accumulators: values.map { Double($0) })
          let message = found.firstMismatch(expected, within: 4e-6)
          #expect(message == nil, "result \(index) of \(sample.program): \(message ?? "")")
        }
      }
    }
    try LaunchList(commands, in: context).replay()
    for check in checks { try check() }
  }

  @Test func aPlainStoreNeedsNoMacros() {
    var program = PointwiseProgram(shape: [7, 1, 5])
    program.store(program.add(.accumulator))
    #expect(StoreEpilogue(program, operands: [], results: [.value(0)]).text.isEmpty)
  }

  @Test func biasAndReluNeedNoRowArithmetic() {
    var program = PointwiseProgram(shape: [2, 5, 5, 16])
    let x = program.add(.accumulator)
    let bias = program.load(.init(strides: [0, 0, 0, 1, 0, 0, 0, 0]))
    program.store(program.add(.unary(.relu, program.add(.binary(.add, x, bias)))))
    let epilogue = StoreEpilogue(program, operands: [.value(1)], results: [.value(0)])
    let expected = """
      #define STORE_PARAMETERS , __global const float* e0
      #define STORE1(value, m, n) do { \\
        const float store_value = (value); \\
        const size_t store_m = (size_t)(m); \\
        const size_t store_n = (size_t)(n); \\
        const float store_r0 = store_value; \\
        const float store_r1 = e0[store_n]; \\
        const float store_r2 = store_r0 + store_r1; \\
        const float store_r3 = store_r2 < 0.0f ? 0.0f : store_r2; \\
        c[store_m * N + store_n] = store_r3; \\
        } while (0)
      #define STORE_PART16(value, count, m, n) do { \\
        const float16 store_value = (value); \\
        const size_t store_m = (size_t)(m); \\
        const size_t store_n = (size_t)(n); \\
        const float16 store_r0 = store_value; \\
        const float16 store_r1 = load16((__global const float*)e0 + store_n); \\
        const float16 store_r2 = store_r0 + store_r1; \\
        const float16 store_r3 = select(store_r2, (float16)(0.0f), store_r2 < (float16)(0.0f)); \\
        store_part16(store_r3, count, (__global float*)c + store_m * N + store_n); \\
        } while (0)
      #define STORE_RUN16(value, count, m, n) do { \\
        const float16 store_value = (value); \\
        const size_t store_m = (size_t)(m); \\
        const size_t store_n = (size_t)(n); \\
        const float16 store_r0 = store_value; \\
        const float16 store_r1 = *(const float16_anywhere*)(store_e0 + store_n); \\
        const float16 store_r2 = store_r0 + store_r1; \\
        const float16 store_r3 = select(store_r2, (float16)(0.0f), store_r2 < (float16)(0.0f)); \\
        store_part16(store_r3, count, (__global float*)c + store_m * N + store_n); \\
        } while (0)
      #define STORE16(value, m, n) STORE_PART16(value, 16, m, n)
      #define STORE_PREPARE \\
        float store_e0[N + 15]; \\
        for (int i = 0; i < N + 15; i++) store_e0[i] = ((__global const float*)e0)[0 + i % N];

      """
    #expect(epilogue.text == expected)
    #expect(epilogue.arguments.pairs.map(\.name) == ["e0"])
  }
}
