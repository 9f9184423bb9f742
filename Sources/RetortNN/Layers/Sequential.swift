import RetortCore

/// Modules applied in sequence; their keys are `0`, `1`, ….
public final class Sequential: Module {
  /// The modules, in order.
  public let layers: [Module]

  /// A chain of modules.
  public init(_ layers: [Module]) { self.layers = layers }

  /// A chain of modules.
  public convenience init(_ layers: Module...) { self.init(layers) }

  public override var children: [(key: String, module: Module)] {
    layers.enumerated().map { ("\($0.offset)", $0.element) }
  }

  public override func forward(_ x: Tensor) -> Tensor { layers.reduce(x) { $1($0) } }
}

/// Several models trained as one, such as a student and its adapters.
///
/// An empty key leaves the paths of its model unchanged.
public final class ModuleGroup: Module {
  /// The models with their keys.
  public let members: [(key: String, module: Module)]

  /// A group of models under distinct keys.
  public init(_ members: [(key: String, module: Module)]) { self.members = members }

  public override var children: [(key: String, module: Module)] { members }
}
