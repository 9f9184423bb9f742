import Glibc

/// The folder of cached files, which may be deleted at any time.
package enum CacheLocation {
  /// `$XDG_CACHE_HOME/retort`, or `$HOME/.cache/retort`; nil where neither is an absolute path.
  ///
  /// A relative path would mean another folder in every working directory, so it counts as unset, as
  /// the [XDG base directories](https://specifications.freedesktop.org/basedir-spec/latest/) require.
  ///
  /// - Parameter environment: The value of a variable; nil if it is not set.
  package static func base(_ environment: (String) -> String? = variable) -> String? {
    if let base = environment("XDG_CACHE_HOME"), base.hasPrefix("/") { return "\(base)/retort" }
    guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
    return "\(home)/.cache/retort"
  }

  /// A variable of this process's environment.
  package static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
