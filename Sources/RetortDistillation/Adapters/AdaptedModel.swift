import RetortCore
import RetortNN

/// A student with the adapters of its losses and the memory of its search: they share one store, so that one
/// optimizer launch trains all.
public final class AdaptedModel: Module {
  /// The student itself, which is what is exported.
  public let model: Module
  /// The adapters, by the loss that they belong to.
  public let adapters: [(loss: String, modules: [Module])]
  /// What the search that follows the student learns and keeps; nil if nothing.
  public let search: SearchMemory?

  /// `model` with adapters.
  public init(
    _ model: Module, adapters: [(loss: String, modules: [Module])], search: SearchMemory? = nil
  ) {
    (self.model, self.adapters, self.search) = (model, adapters, search)
  }

  /// The student keeps its paths; those of the rest begin with `adapters`.
  public override var children: [(key: String, module: Module)] {
    [("", model)]
      + adapters.flatMap { loss, modules in
        modules.enumerated().map { ("\(Self.prefix)\(loss).\($0)", $1) }
      } + (search.map { [("\(Self.prefix)explore", $0)] } ?? [])
  }

  /// The student's result.
  public override func forward(_ x: Tensor) -> Tensor { model(x) }

  /// The student's result.
  public override func forward(_ example: Example) -> Tensor { model(example) }

  /// Whether weights of this name are an adapter's.
  package static func isAdapter(_ name: String) -> Bool { name.hasPrefix(prefix) }

  private static let prefix = "adapters."
}
