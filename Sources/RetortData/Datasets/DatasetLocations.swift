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

  /// The paths of a dataset's files in the first folder that has any of them.
  ///
  /// - Parameters:
  ///   - files: The names, in any of whose forms, plain or with `.gz`, a file may be there.
  ///   - name: The name of the dataset.
  ///   - explicit: A folder given by the user, the only one that is searched.
  ///   - inner: A folder that the files may lie in below each; nil for none.
  ///   - package: Debian's package of the dataset; nil for none.
  /// - Throws: `DataError.missing` with the ways to get the files, `.incomplete` for a folder that has only
  ///   some of them, `.notInDataRoot`.
  func paths(
    of files: [String], _ name: String, explicit: String?, inner: String? = nil,
    debianPackage package: String? = nil
  ) throws(DataError) -> [String] {
    let candidates = candidates(for: name, explicit: explicit)
    for folder in candidates.flatMap({ base in [base] + (inner.map { ["\(base)/\($0)"] } ?? []) }) {
      let paths = files.map { Self.existing($0, in: folder) }
      let missing = zip(files, paths).filter { $1 == nil }.map(\.0)
      guard missing.count < files.count else { continue }
      guard missing.isEmpty else {
        throw .incomplete(dataset: name, folder: folder, missing: missing)
      }
      return paths.compactMap(\.self)
    }
    if explicit == nil, let root = dataRoot {
      throw .notInDataRoot(
        dataset: name, root: root,
        isInRootItself: files.contains { Self.existing($0, in: root) != nil })
    }
    throw .missing(dataset: name, lookedIn: candidates, debianPackage: package)
  }

  /// The path of an existing file, plain or gzip, readable or not; nil if there is none.
  private static func existing(_ file: String, in directory: String) -> String? {
    let plain = file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
    return ["\(directory)/\(plain).gz", "\(directory)/\(plain)"].first {
      FileBytes.size($0) != nil
    }
  }

  /// The value of `RETORT_DATA`, a folder with one folder per dataset; nil if it is not set.
  public var dataRoot: String? { variable("RETORT_DATA") }

  private func variable(_ name: String) -> String? {
    environment(name).flatMap { $0.isEmpty ? nil : $0 }
  }
}
