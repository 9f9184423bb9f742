import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct AugmentTests {
  @Test(arguments: KernelForm.allCases, AugmentCase.all)
  func picturesAreChangedBitForBit(_ form: KernelForm, _ example: AugmentCase) throws {
    let y = try StepRunner(form: form).run(
      .augment(
        AugmentStep(images: example.images, padding: example.padding, cutout: example.cutout)),
      [.uint8(example.samples), .int32(example.words), .float32(example.table)],
      outputs: [(example.images.count, .float32)])[0]
    #expect(y == .float32(example.expected))
  }
}
