import RetortCore

/// Every method that a recipe can name.
public enum MethodCatalog {
  /// Losses, explorations, optimizers, augmentations, samplings.
  public static let all = losses + explorations + optimizers + augmentations + samplings

  /// The method called `name`.
  ///
  /// - Throws: `MethodError.unknown` with the name that may have been meant.
  public static func method(_ name: String) throws(MethodError) -> Method {
    guard let method = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name)
      throw .unknown(name, nearest: nearest(to: name, in: names), known: names)
    }
    return method
  }
}

/// A method that does not exist.
public enum MethodError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No method has this name.
  case unknown(String, nearest: String?, known: [String])

  /// One line: what, and the way out.
  public var description: String {
    switch self {
    case .unknown(let name, let nearest?, _):
      "There is no method '\(name)'. Did you mean '\(nearest)'?"
    case .unknown(let name, nil, let known):
      "There is no method '\(name)'. There are: \(known.joined(separator: ", "))."
    }
  }
}
