import RetortCore

/// A function with weights; subclasses override `forward`, and callers write `model(x)`.
///
/// Modules and parameters in stored properties are found by reflection, in the order of declaration, and
/// named as in PyTorch: `layer1.0.conv1.weight`. A property's camel-case name becomes snake case; `renamed`
/// overrides single names. Arrays contribute their indices.
open class Module {
  /// The key of this module in checkpoints and taps, such as `layer3.0.conv1`.
  public internal(set) var path = ""
  var binding: ModelBinding?

  /// A module that belongs to no model yet.
  public init() {}

  /// Computes the output; subclasses override this.
  open func forward(_ x: Tensor) -> Tensor { x }

  /// Computes the output from the examples' first field; models that read more fields override this.
  open func forward(_ example: Example) -> Tensor { forward(example.x) }

  /// The keys in checkpoints of properties whose snake-case name does not apply, by property name.
  open var renamed: [String: String] { [:] }

  /// The modules directly inside this one, with their keys, in order.
  ///
  /// An empty key adds nothing to the paths of the modules inside.
  open var children: [(key: String, module: Module)] {
    properties.flatMap { key, value -> [(key: String, module: Module)] in
      if let module = value as? Module { return [(key, module)] }
      guard let modules = value as? [Module] else { return [] }
      return modules.enumerated().map { ("\(key).\($0.offset)", $0.element) }
    }
  }

  /// The parameters of this module itself, with their keys, in order.
  open var ownParameters: [(key: String, parameter: Parameter)] {
    properties.compactMap { key, value in (value as? Parameter).map { (key, $0) } }
  }

  /// Runs `forward` and names its result by `path`; for calls inside another module's `forward`.
  public final func callAsFunction(_ x: Tensor) -> Tensor { scoped { forward(x) } }

  /// Runs `forward` on examples and names its result by `path`.
  public final func callAsFunction(_ example: Example) -> Tensor { scoped { forward(example) } }

  /// Builds the module's outputs in a graph, in training or evaluation mode.
  public final func callAsFunction(_ x: Tensor, in context: ForwardContext) -> Tensor {
    using(context) { self(x) }
  }

  /// Builds the module's outputs for examples in a graph, in training or evaluation mode.
  public final func callAsFunction(_ example: Example, in context: ForwardContext) -> Tensor {
    using(context) { self(example) }
  }

  /// Calls `body` with this module's tree bound to `context`'s forward pass.
  ///
  /// For modules with several functions or inputs: `model.using(context) { model.encode(x) }`.
  public final func using<Result>(
    _ context: ForwardContext, _ body: () throws -> Result
  ) rethrows -> Result {
    guard let binding else {
      preconditionFailure("a model must be held by a ParameterStore before it is called")
    }
    let outer = binding.context
    binding.context = context
    defer { binding.context = outer }
    return try body()
  }

  /// Computes a tensor under this module's path, which faults report and taps look up.
  ///
  /// `callAsFunction` does the same; modules with several inputs call it in their own functions.
  public final func scoped(_ body: () -> Tensor) -> Tensor {
    let graph = context.graph
    let outer = graph.scope
    graph.scope = scope
    defer { graph.scope = outer }
    let result = body()
    if context.tapping.contains(path) { context.tapped[path] = result }
    return result
  }

  /// The names of values that this module keeps for taps, besides its result and those of modules inside it.
  open var valueNames: [String] { [] }

  /// Whether the value that this module calls `name` is tapped in the current forward pass.
  package final func isTapped(_ name: String) -> Bool {
    context.tapping.contains(path.joinedPath(name))
  }

  /// Keeps a value that is tapped, under a name within this module.
  package final func keep(_ value: Tensor, as name: String) {
    context.tapped[path.joinedPath(name)] = value
  }

  /// The current forward pass; valid inside `forward` only.
  public final var context: ForwardContext {
    guard let context = binding?.context else {
      preconditionFailure(
        "module '\(path)' was called outside a forward pass; use model(x, in: context) on a "
          + "model that a ParameterStore holds")
    }
    return context
  }

  private var scope: String {
    [binding?.name ?? "", path].filter { !$0.isEmpty }.joined(separator: ".")
  }
}

extension Module {
  /// The stored properties of this object, from the base class down, by key.
  private var properties: [(key: String, value: Any)] {
    var levels: [Mirror] = []
    var mirror: Mirror? = Mirror(reflecting: self)
    while let level = mirror {
      levels.append(level)
      mirror = level.superclassMirror
    }
    return levels.reversed().flatMap { level in
      level.children.compactMap { child in
        child.label.map { (renamed[$0] ?? $0.snakeCased, child.value) }
      }
    }
  }

  /// Calls `visit` for this module and each module inside it, parents first, with its path.
  package func walk(from path: String = "", _ visit: (Module, String) -> Void) {
    visit(self, path)
    for (key, module) in children { module.walk(from: path.joinedPath(key), visit) }
  }
}

extension String {
  func joinedPath(_ key: String) -> String {
    if isEmpty || key.isEmpty { return self + key }
    return self + "." + key
  }

  var snakeCased: String {
    var result = ""
    for character in self {
      if character.isUppercase, !result.isEmpty { result += "_" }
      result += character.lowercased()
    }
    return result
  }
}
