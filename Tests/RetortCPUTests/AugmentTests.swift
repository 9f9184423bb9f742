import RetortVerification
import Testing

@testable import RetortCore

@Suite struct AugmentTests {
  @Test(arguments: AugmentCase.all) func picturesAreChangedBitForBit(_ example: AugmentCase) throws
  {
    try StepCase(
      .augment(
        AugmentStep(images: example.images, padding: example.padding, cutout: example.cutout)),
      [
        .bytes(example.samples), .integers(example.words),
        .reals(example.table.map(Double.init)),
      ], counts: [example.images.count]
    ).check([example.expected.map(Double.init)], single: 0, double: 0)
  }
}
