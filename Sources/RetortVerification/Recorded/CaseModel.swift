import RetortCore
import RetortFormats
import RetortNN

/// A model of the layers described by a case's weights, each under its name in the file.
final class CaseModel: Module {
  private let parts: [(key: String, module: Module)]
  private let byName: [String: Module]

  /// The geometry of the convolution `name` with PyTorch weights of the given shape.
  typealias Geometry = (_ name: String, _ shape: [Int]) throws -> Convolution

  /// The layers whose weight names begin with `prefix`.
  ///
  /// A layer with running statistics is a batch norm. Otherwise four axes make a convolution, transposed if
  /// `hyper` says so, two a linear layer, or an embedding if there is no bias, and one a layer norm.
  ///
  /// - Throws: `VerificationError.unusable` or `.wrongShape` for weights of any other shape.
  init(
    _ file: VerificationCase, prefix: String, layerNormEpsilon: Double = 1e-12,
    geometry: Geometry = { _, _ in Convolution() }
  ) throws {
    let content = file.content
    var parts: [(key: String, module: Module)] = []
    for name in content.names where name.hasPrefix(prefix) && name.hasSuffix(".weight") {
      let weight = try content.checkedShape(name).dimensions
      let base = String(name.dropLast(".weight".count))
      let key = String(base.dropFirst(prefix.count))
      let hasBias = content.tensors["\(base).bias"] != nil
      let layer: Module
      switch weight.count {
      case 1 where content.tensors["\(base).running_mean"] != nil:
        layer = BatchNorm(
          weight[0], epsilon: try file.numbers.optional("bn_eps", .notNegative) ?? 1e-5,
          momentum: Float(try file.numbers.optional("bn_momentum", .share) ?? 0.1))
      case 1: layer = LayerNorm(weight[0], epsilon: layerNormEpsilon)
      case 2 where hasBias: layer = Linear(weight[1], weight[0])
      case 2: layer = Embedding(weight[0], weight[1])
      case 4:
        let convolution = try geometry(key, weight)
        if try file.numbers.flag("\(key)_transposed") {
          layer = try file.transposed(key, weight, convolution, hasBias: hasBias)
          break
        }
        layer = Conv2d(
          weight[1] * convolution.groups, weight[0], kernelHeight: weight[2],
          kernelWidth: weight[3], geometry: convolution, bias: hasBias)
      default:
        throw VerificationError.unusable(tensor: name, shape: weight, file: content.path)
      }
      parts.append((key, layer))
    }
    self.parts = parts
    byName = Dictionary(parts.map { ($0.key, $0.module) }) { first, _ in first }
  }

  override var children: [(key: String, module: Module)] { parts }

  /// Whether the file has a layer of this name.
  func has(_ name: String) -> Bool { byName[name] != nil }

  /// The layer `name` applied to `x`; a graph fault if there is none.
  func callAsFunction(_ name: String, _ x: Tensor) -> Tensor {
    guard let layer = byName[name] else {
      return context.graph.fail(.unknownName(name, nearest: byName.keys.sorted()))
    }
    return layer(x)
  }

  /// The names `stem1`, `stem2`, … of consecutive layers in the file.
  func numbered(_ stem: String, from first: Int = 1, suffix: String = "") -> [String] {
    var names: [String] = []
    while has("\(stem)\(first + names.count)\(suffix)") {
      names.append("\(stem)\(first + names.count)")
    }
    return names
  }

  /// Linear layers `stem1`, `stem2`, … with an activation between them.
  func chain(_ stem: String, _ x: Tensor, _ activation: (Tensor) -> Tensor) -> Tensor {
    let names = numbered(stem)
    return names.enumerated().reduce(x) { value, item in
      let y = self(item.element, value)
      return item.offset + 1 < names.count ? activation(y) : y
    }
  }
}

extension Safetensors {
  /// The tensors whose names begin with `prefix`, as weights with the prefix removed.
  func weights(under prefix: String) throws -> [NamedWeights] {
    try names.filter { $0.hasPrefix(prefix) }.map { name in
      NamedWeights(
        name: String(name.dropFirst(prefix.count)), shape: try tensor(name).shape,
        values: try floats(name))
    }
  }
}
