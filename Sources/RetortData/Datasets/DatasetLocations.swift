import RetortCore
import RetortFormats

/// The folders in which datasets are searched and cached.
public struct DatasetLocations: Sendable {
  private let environment: @Sendable (String) -> String?
  private let system: String

  /// Locations by this process's environment and the folder of Debian's data packages.
  public init() {
    self.init(system: "/usr/share/datasets", environment: CacheLocation.variable)
  }

  /// Locations by another environment and another system folder.
  package init(system: String, environment: @escaping @Sendable (String) -> String?) {
    self.system = system
    self.environment = environment
  }

  /// The cache of dataset `name`: `$XDG_CACHE_HOME/retort/NAME` or `~/.cache/retort/NAME`.
  ///
  /// - Throws: `DataError.noCacheDirectory` if neither variable is an absolute path.
  public func cache(of name: String) throws(DataError) -> String {
    guard let base = CacheLocation.base(environment) else { throw .noCacheDirectory }
    return "\(base)/\(name)"
  }

  /// The folders that may hold dataset `name`, in order of preference.
  ///
  /// - Parameters:
  ///   - name: The name of the dataset.
  ///   - explicit: A folder given by the user.
  /// - Returns: Only the folder given by the user, here or by `RETORT_DATA`, if there is one; else the cache
  ///   and the folder of Debian's packages.
  public func candidates(for name: String, explicit: String? = nil) -> [String] {
    if let explicit { return [explicit] }
    if let dataRoot { return ["\(dataRoot)/\(name)"] }
    return ((try? cache(of: name)).map { [$0] } ?? []) + ["\(system)/\(name)"]
  }

  /// The value of `RETORT_DATA`, a folder with one folder per dataset; nil if it is not set.
  public var dataRoot: String? { variable("RETORT_DATA") }

  private func variable(_ name: String) -> String? {
    environment(name).flatMap { $0.isEmpty ? nil : $0 }
  }
}
