import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct RandomKernelTests {
  @Test(arguments: KernelForm.allCases, [1, 2, 5, 63, 64, 65, 127, 1000, 20_001])
  func deviceAndHostDrawTheSameNumbers(_ form: KernelForm, _ count: Int) throws {
    let generator = Philox4x32(seed: 0xDEAD_BEEF_0000_3039, stream: 0x8000_0003, step: 77)
    let state = HostArray.int32(Philox4x32.state(seed: generator.seed, step: generator.step))
    func draw(_ distribution: RandomDistribution) throws -> [Float] {
      try StepRunner(form: form).run(
        .random(distribution, stream: generator.stream, count: count), [state],
        outputs: [(count, .float32)])[0].floats
    }
    #expect(try draw(.uniform) == generator.uniforms(count))
    let normals = generator.normals(count).map(Double.init)
    #expect(worstError(try draw(.normal), normals, absolute: 2e-6, relative: 0) <= 1)
  }
}
