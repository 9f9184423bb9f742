import RetortDistillation
import RetortSchema

/// Who learns when, where a recipe says it.
public struct SchemeSpec: Sendable {
  /// The scheme with its constants.
  public var kind: any NamedScheme = Offline()

  /// Students of a fixed teacher.
  public init() {}

  /// The given scheme.
  public init(_ kind: any NamedScheme) { self.kind = kind }
}

extension SchemeSpec: Configurable {
  /// The keys of `scheme`.
  public static let keys: [Key<SchemeSpec>] = [
    .kind("kind", \.kind, of: SchemeCatalog.all, isRequired: true, "who learns when")
  ]

  /// The kind may stand alone.
  public static let shorthand: String? = "kind"

  /// Whether both do the same.
  public static func == (a: SchemeSpec, b: SchemeSpec) -> Bool { a.entries == b.entries }
}
