import RetortCore
import RetortModels
import RetortNN
import Testing

@Suite struct ModuleTests {
  @Test func pathsAreThoseOfPyTorch() {
    let store = ParameterStore(ResNet(channels: 1, classes: 10, blocks: 1), name: "student")
    let paths = store.all.map(\.path)
    #expect(
      paths.prefix(6) == [
        "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
        "layer1.0.conv1.weight",
      ])
    #expect(paths.contains("layer2.0.downsample.1.running_var"))
    #expect(paths.suffix(2) == ["fc.weight", "fc.bias"])
    #expect(Set(paths).count == paths.count)
  }

  @Test func weightsLieAlignedAndVariancesBehindMeans() throws {
    let store = ParameterStore(ResNet(channels: 3, classes: 10, blocks: 1), name: "student")
    for parameter in store.trainable {
      #expect(parameter.offset % Variable.alignment == 0)
    }
    for (mean, variance) in zip(store.buffers, store.buffers.dropFirst())
    where mean.role == .runningMean {
      #expect(mean.offset % Variable.alignment == 0)
      #expect(variance.role == .runningVariance)
      #expect(variance.offset == mean.offset + mean.shape.count)
    }
    let ends = store.all.map { ($0.role == .trainable, $0.offset..<$0.offset + $0.shape.count) }
    for (index, (trains, range)) in ends.enumerated() {
      for (other, next) in ends.dropFirst(index + 1) where other == trains {
        #expect(!range.overlaps(next))
      }
    }
  }

  @Test func aTapFindsAModuleAndAFaultNamesIt() throws {
    let model = Sequential(Linear(4, 3), ReLU(), Linear(5, 2))
    let store = ParameterStore(model, name: "student")
    #expect(store.all.map(\.path) == ["0.weight", "0.bias", "2.weight", "2.bias"])
    let graph = Graph()
    _ = model(graph.input("x", [2, 4]), in: ForwardContext(graph, .evaluation))
    let fault = try #require(graph.error)
    #expect("\(fault)" == "student.2: matmul cannot combine shapes [2, 3] and [2, 5]")
  }

  @Test func propertiesInCamelCaseBecomeSnakeCase() {
    final class Inner: Module {
      let runningTotal = Linear(2, 2, bias: false)
      let norm = [LayerNorm(2)]
      let absent: Linear? = nil
      let embed = Embedding(3, 2)
      override var renamed: [String: String] { ["embed": "Embed"] }
    }
    let store = ParameterStore(Inner(), name: "m")
    #expect(
      store.all.map(\.path) == [
        "running_total.weight", "norm.0.weight", "norm.0.bias", "Embed.weight",
      ])
  }

  @Test func aGroupKeepsPathsUnderAnEmptyKey() {
    let group = ModuleGroup([("", Sequential(Linear(2, 2))), ("adapters", Linear(2, 3))])
    let store = ParameterStore(group, name: "student")
    #expect(
      store.all.map(\.path) == ["0.weight", "0.bias", "adapters.weight", "adapters.bias"])
  }

  @Test func tiedWeightsAreHeldOnce() {
    let shared = Linear(3, 3)
    let store = ParameterStore(Sequential(shared, Tanh(), shared), name: "m")
    #expect(store.all.map(\.path) == ["0.weight", "0.bias"])
    #expect(store.parameterCount == 12)
  }
}
