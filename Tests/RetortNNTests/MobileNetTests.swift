import Foundation
import RetortCore
import RetortModels
import RetortNN
import Testing

/// MobileNetV3-Small beside torchvision's, as `Tests/Goldens/models` records it.
@Suite struct MobileNetTests {
  private struct Record: Decodable {
    let width: Double
    let names: [String]
    let shapes: [[Int]]
    let logits: [Float]

    static func read() throws -> Record {
      let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
      let file = tests.appendingPathComponent("Goldens/models/mobilenetv3_small.json")
      return try JSONDecoder().decode(Record.self, from: Data(contentsOf: file))
    }
  }

  private func store(_ width: Double) throws -> ParameterStore {
    let image = ImageSize(height: 28, width: 28, channels: 1)
    let model = try ModelCatalog.make(
      "mobilenetv3-small", options: ["width": width], image: image, classes: 10)
    return ParameterStore(model, name: "m")
  }

  /// The record's rule for tensor `number`; see the script beside it.
  private func filled(_ name: String, _ shape: [Int], _ number: Int) -> NamedWeights {
    let (count, inner) = (shape.reduce(1, *), shape.dropFirst().reduce(1, *))
    let values = (0..<count).map { index -> Float in
      let u = noise(index, number)
      if name.hasSuffix("running_var") || (shape.count == 1 && name.hasSuffix("weight")) {
        return Float(0.5 + u)
      }
      return shape.count == 1
        ? Float(0.2 * u - 0.1) : Float((2 * u - 1) * (3 / Double(inner)).squareRoot())
    }
    return NamedWeights(name: name, shape: shape, values: values)
  }

  private func noise(_ index: Int, _ number: Int) -> Double {
    let value = sin(Double(index + 1) * 12.9898 + Double(number + 1) * 78.233) * 43758.5453
    return value - value.rounded(.down)
  }

  @Test func itComputesWhatTorchvisionDoes() throws {
    let record = try Record.read()
    let store = try store(record.width)
    #expect(store.all.map(\.path) == record.names)
    let weights = try store.imported(
      zip(record.names, record.shapes).enumerated().map { filled($1.0, $1.1, $0) })
    let session = oracle()
    try store.write(weights, to: session)
    let images = (0..<2 * 784).map { index in
      Float(40 * noise(index, -1) - (index < 784 ? 0 : 20))
    }
    let graph = Graph()
    let logits = store.model(
      graph.constant(images, [2, 28, 28, 1]), in: ForwardContext(graph, .evaluation))
    let found = try values([logits], session)[0]
    #expect(isClose(found, record.logits, 1e-5))
    #expect(!isClose(Array(found.prefix(10)), Array(found.suffix(10)), 1e-3))
  }

  /// torchvision counts 2,542,856 for three channels and a thousand classes.
  @Test func itHasThePapersSize() throws {
    let whole = try store(1)
    #expect(whole.parameterCount == 2_542_856 - 2 * 16 * 9 - 990 * 1025)
  }
}
