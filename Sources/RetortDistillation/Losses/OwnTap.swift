import RetortSchema

/// A module of the student whose result a loss compares with another of its own.
public struct OwnTap: Configurable, Hashable {
  /// The path of the module, such as `layer2`.
  public var module = ""

  /// The output of the model.
  public init() {}

  /// The module at a path.
  public init(_ module: String) { self.module = module }

  /// The keys of an element of `modules`.
  public static let keys: [Key<OwnTap>] = [
    .text("module", \.module, "a module of the student, by its path").required()
  ]
  /// The path may stand alone.
  public static let shorthand: String? = "module"
}
