import RetortFormats
import RetortSchema

/// A recipe's text and the name that messages call it by.
struct RecipeSource {
  let path: String
  let text: String
  /// The folder that relative `extends:` paths start from; nil for bundled recipes.
  let folder: String?
  /// What tells it from every other, for cycles.
  let identity: String

  /// A text that came from somewhere.
  init(text: String, path: String) {
    let mark: Unicode.Scalar = "\u{FEFF}"
    let isMarked = text.unicodeScalars.first == mark
    self.text = isMarked ? String(text.unicodeScalars.dropFirst()) : text
    self.path = path
    folder = FilePath.folder(of: path)
    identity = path
  }

  private init(bundled name: String, _ text: String) {
    self.text = text
    path = name + ".yaml"
    folder = nil
    identity = "bundled " + name
  }

  /// The recipe that `name` means: a file if there is one, else a bundled recipe.
  ///
  /// - Parameters:
  ///   - folder: What a relative path is relative to; nil or empty for the working directory.
  ///   - place: Where the name stands.
  /// - Throws: `RecipeErrors` if there is neither or it cannot be read.
  init(
    _ name: String, relativeTo folder: String? = nil, at place: RecipeFault.Place
  ) throws(RecipeErrors) {
    let path: String
    do throws(FormatError) {
      let home = try FilePath.expanded(name)
      path = home.hasPrefix("/") || (folder ?? "").isEmpty ? home : "\(folder ?? "")/\(home)"
    } catch {
      throw RecipeErrors([RecipeFault(place, .unreadable(error))])
    }
    guard FileBytes.isReadable(path) else {
      let bare = name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
      guard let text = BundledRecipes.text(bare) else {
        throw RecipeErrors([
          RecipeFault(
            place,
            Self.unreadable(path)
              ?? .unknownRecipe(name, nearest: nearest(to: bare, in: BundledRecipes.names)))
        ])
      }
      self.init(bundled: bare, text)
      return
    }
    do throws(FormatError) {
      let bytes = try TextFile.read(path, limit: RecipeNode.byteLimit)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FormatError(path, .corrupt("not UTF-8"))
      }
      self.init(text: text, path: path)
    } catch {
      throw RecipeErrors([RecipeFault(place, .unreadable(error))])
    }
  }

  /// Why what is at `path` cannot be read; nil where nothing is there.
  private static func unreadable(_ path: String) -> RecipeFault.Reason? {
    guard FileBytes.size(path) != nil else { return nil }
    do throws(FormatError) {
      _ = try FileBytes.read(path, limit: RecipeNode.byteLimit)
      return nil
    } catch {
      return .unreadable(error)
    }
  }

  /// The content with everything that it extends beneath.
  func node(extending chain: [RecipeSource] = []) throws(RecipeErrors) -> RecipeNode {
    let path = path
    let own = try RecipeNode.parse(yaml: text) { .file(path, line: $0, column: $1) }
      .normalized(RecipeKeys.recipe)
    guard let base = own["extends"] else { return own.removing(["extends"]) }
    guard let name = base.text else {
      throw RecipeErrors([
        RecipeFault(
          base.place, .wrongType("extends", expected: "a path or a name", found: base.kind))
      ])
    }
    let next = try RecipeSource(name, relativeTo: folder, at: base.place)
    let chain = chain + [self]
    if let first = chain.firstIndex(where: { $0.identity == next.identity }) {
      throw RecipeErrors([
        RecipeFault(base.place, .extendsCycle(chain[first...].map(\.path) + [next.path]))
      ])
    }
    guard chain.count < 16 else {
      throw RecipeErrors([RecipeFault(base.place, .notAllowed("more than 16 levels of 'extends'"))])
    }
    return try next.node(extending: chain).merged(
      with: own.removing(["extends"]), RecipeKeys.recipe)
  }
}
