import RetortNN

/// The parameters that weight decay applies to: all of them, as in PyTorch's optimizers, or all but biases or
/// norms.
public struct DecayScope: Hashable, Sendable {
  /// Whether biases decay, except those of norms.
  public var biases: Bool
  /// Whether the weights and biases of batch and layer norms decay.
  public var norms: Bool

  /// A scope of all parameters by default.
  public init(biases: Bool = true, norms: Bool = true) {
    (self.biases, self.norms) = (biases, norms)
  }

  /// 1 for each parameter of `store` that decays, else 0, laid out as its variable; nil if all decay.
  func mask(of store: ParameterStore) -> [Float]? {
    guard self != DecayScope() else { return nil }
    let ofNorms = store.normParameters
    var mask = [Float](repeating: 1, count: store.parameterVariable.count)
    for parameter in store.trainable {
      let decays =
        ofNorms.contains(ObjectIdentifier(parameter))
        ? norms : biases || !parameter.path.hasSuffix("bias")
      guard !decays else { continue }
      for index in parameter.offset..<parameter.offset + parameter.shape.count { mask[index] = 0 }
    }
    return mask
  }
}

extension ParameterStore {
  fileprivate var normParameters: Set<ObjectIdentifier> {
    var found: Set<ObjectIdentifier> = []
    model.walk { module, _ in
      guard module is BatchNorm || module is LayerNorm else { return }
      found.formUnion(module.ownParameters.map { ObjectIdentifier($0.parameter) })
    }
    return found
  }
}
