import RetortCore

/// A named array of float32 weights in PyTorch's layout.
public struct NamedWeights: Equatable, Sendable {
  /// The key, such as `layer1.0.conv1.weight`.
  public var name: String
  /// The extents in PyTorch's order of axes.
  public var shape: [Int]
  /// The elements, row-major.
  public var values: [Float]

  /// Weights under a name.
  public init(name: String, shape: [Int], values: [Float]) {
    (self.name, self.shape, self.values) = (name, shape, values)
  }
}

/// The contents of a store's two flat variables, on the host.
public struct FlatWeights: Equatable, Sendable {
  /// The contents of `ParameterStore.parameterVariable`.
  public var parameters: [Float]
  /// The contents of `ParameterStore.bufferVariable`, or empty.
  public var buffers: [Float]

  /// The contents of both variables.
  public init(parameters: [Float], buffers: [Float]) {
    (self.parameters, self.buffers) = (parameters, buffers)
  }
}

extension ParameterStore {
  /// The first values under `seed`; each parameter's random stream derives from its path.
  public func initialWeights(seed: UInt64) -> FlatWeights {
    var weights = zeros
    for parameter in all {
      let values = parameter.initialiser.values(
        parameter.shape.count, seed: seed, stream: parameter.path.streamNumber)
      place(values, of: parameter, in: &weights)
    }
    return weights
  }

  /// All weights under PyTorch's names, in its order and layouts.
  ///
  /// - Parameter weights: The contents of this store's variables.
  public func exported(_ weights: FlatWeights) -> [NamedWeights] {
    all.map {
      named($0, in: $0.role == .trainable ? weights.parameters : weights.buffers)
    }
  }

  /// The trainable part of an array laid out as the parameters are, such as a gradient.
  public func exported(parameters: [Float]) -> [NamedWeights] {
    trainable.map { named($0, in: parameters) }
  }

  private func named(_ parameter: Parameter, in flat: [Float]) -> NamedWeights {
    let slice = flat[parameter.offset..<parameter.offset + parameter.shape.count]
    return NamedWeights(
      name: parameter.path, shape: parameter.layout.frameworkShape(parameter.shape),
      values: parameter.layout.exported(slice, parameter.shape))
  }

  /// The flat contents made from weights under PyTorch's names.
  ///
  /// A prefix that all names share and the model lacks is dropped (`commonPrefix`), and entries that are no
  /// weights are skipped (`isPassedOver`). Norms may have TensorFlow's names `gamma` and `beta`. Nothing is
  /// allocated before all entries fit.
  ///
  /// - Throws: `WeightError` with every name that is missing, unknown, of another shape, or has elements that
  ///   are not finite.
  public func imported(_ named: [NamedWeights]) throws(WeightError) -> FlatWeights {
    var byName: [String: NamedWeights] = [:]
    let prefix = commonPrefix(of: named.map(\.name))
    for entry in named { byName[String(entry.name.dropFirst(prefix.count))] = entry }
    var faults: [WeightError.Fault] = []
    var found: [(parameter: Parameter, values: [Float])] = []
    for parameter in all {
      guard
        let entry = byName.removeValue(forKey: parameter.path)
          ?? parameter.path.older.flatMap({ byName.removeValue(forKey: $0) })
      else {
        faults.append(.missing(parameter.path))
        continue
      }
      let shape = parameter.layout.frameworkShape(parameter.shape)
      guard entry.shape == shape, entry.values.count == parameter.shape.count else {
        faults.append(.shape(parameter.path, expected: shape, found: entry.shape))
        continue
      }
      if !entry.values.allSatisfy(\.isFinite) { faults.append(.notFinite(parameter.path)) }
      found.append((parameter, entry.values))
    }
    for name in byName.keys.sorted() where !Self.isPassedOver(name) {
      faults.append(.unexpected(name))
    }
    guard faults.isEmpty else { throw WeightError(model: name, faults: faults) }
    var weights = zeros
    for (parameter, values) in found {
      place(parameter.layout.imported(values, parameter.shape), of: parameter, in: &weights)
    }
    return weights
  }

  /// Whether a name in PyTorch's files is that of an entry that models do not need: a counter of batches, the
  /// ids of positions, or the token that DINOv2 hid patches with while it was trained.
  public static func isPassedOver(_ name: String) -> Bool {
    ["num_batches_tracked", "position_ids", "mask_token"].contains {
      name == $0 || name.hasSuffix("." + $0)
    }
  }

  /// The prefix of all `names` before names of this model, such as `module.` or `_orig_mod.`, which wrappers
  /// add; empty if the names are the model's own.
  public func commonPrefix(of names: [String]) -> String {
    let known = Set(names)
    func fits(_ prefix: String) -> Bool { all.contains { known.contains(prefix + $0.path) } }
    guard let first = names.first, !fits("") else { return "" }
    // Wrappers add a few words only, while a name in a file may have millions.
    var words = first.split(separator: ".", maxSplits: 8, omittingEmptySubsequences: false)
      .dropLast()
    var shared = Self.prefix(of: words)
    for name in names {
      while !name.hasPrefix(shared) {
        words.removeLast()
        shared = Self.prefix(of: words)
      }
    }
    return words.indices.lazy.map { Self.prefix(of: words[...$0]) }.first(where: fits) ?? ""
  }

  private static func prefix(of words: ArraySlice<Substring>) -> String {
    words.map { $0 + "." }.joined()
  }

  private var zeros: FlatWeights {
    FlatWeights(
      parameters: Array(repeating: 0, count: parameterVariable.count),
      buffers: Array(repeating: 0, count: bufferVariable?.count ?? 0))
  }

  private func place(_ values: [Float], of parameter: Parameter, in weights: inout FlatWeights) {
    let range = parameter.offset..<parameter.offset + values.count
    if parameter.role == .trainable {
      weights.parameters.replaceSubrange(range, with: values)
    } else {
      weights.buffers.replaceSubrange(range, with: values)
    }
  }
}

extension String {
  /// TensorFlow's name for a norm's `weight` or `bias`.
  fileprivate var older: String? {
    if hasSuffix(".weight") { return dropLast("weight".count) + "gamma" }
    if hasSuffix(".bias") { return dropLast("bias".count) + "beta" }
    return nil
  }

  /// A stream number derived from the path (FNV-1a over the UTF-8 bytes).
  fileprivate var streamNumber: UInt32 {
    utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
