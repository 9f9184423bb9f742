import RetortCore
import RetortModels
import RetortNN
import Testing

@Suite struct ModuleTests {
  @Test func pathsAreThoseOfPyTorch() {
    let store = ParameterStore(ResNet(channels: 1, classes: 10, blocks: 1), name: "student")
    #expect(
      store.all.prefix(6).map(\.path) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
        "layer1.0.conv1.weight",
      ])
  }
}
