import FoundationEssentials

/// Choices on disk, one file each for a device and its driver.
///
/// A file of other kernels than the program's is outdated and reads as empty.
package struct TuningStore: Sendable {
  private let folder: CacheFolder
  // Raised whenever parameters change their names or meanings.
  private static let version = 1

  private struct Entry: Codable {
    let version: Int
    let device: String
    let kernels: String
    let choices: [String: String]
  }

  /// A store in `folder`.
  package init(folder: CacheFolder) { self.folder = folder }

  /// The user's store, `$XDG_CACHE_HOME/retort/tuning`; nil if there is no home folder.
  package static func standard() -> TuningStore? {
    CacheFolder.standard("tuning").map(TuningStore.init)
  }

  /// The choices stored for a device; empty if there are none, or only for other kernels.
  ///
  /// - Throws: `TuningError.damaged`.
  package func read(_ device: OpenCLDevice) throws(TuningError) -> TuningTable {
    guard let bytes = folder.read(fileName(device)) else {
      guard !folder.holds(fileName(device)) else { throw .damaged(path(device)) }
      return TuningTable()
    }
    guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(bytes)) else {
      throw .damaged(path(device))
    }
    guard entry.version == Self.version, entry.device == device.identity,
      entry.kernels == Self.kernels
    else { return TuningTable() }
    var table = TuningTable()
    for (key, text) in entry.choices {
      guard let choice = TuningChoice(text) else { throw .damaged(path(device)) }
      table[TuningKey(key)] = choice
    }
    return table
  }

  /// Replaces the choices stored for a device.
  ///
  /// - Throws: `TuningError.notWritten`.
  package func write(_ table: TuningTable, for device: OpenCLDevice) throws(TuningError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let choices = table.choices.map { ($0.key.description, $0.value.description) }
    let entry = Entry(
      version: Self.version, device: device.identity, kernels: Self.kernels,
      choices: Dictionary(uniqueKeysWithValues: choices))
    guard let data = try? encoder.encode(entry), folder.write(Array(data), to: fileName(device))
    else { throw .notWritten(path(device)) }
  }

  /// Drops the choices stored for a device.
  ///
  /// - Throws: `TuningError.notWritten` if it is still there.
  package func clear(_ device: OpenCLDevice) throws(TuningError) {
    guard folder.remove(fileName(device)) else { throw .notWritten(path(device)) }
  }

  /// The file of a device.
  package func path(_ device: OpenCLDevice) -> String { "\(folder.path)/\(fileName(device))" }

  private func fileName(_ device: OpenCLDevice) -> String { device.fileName + ".json" }

  // A hash of everything that kernels are made from, but for the text that the host generates.
  private static let kernels: String = {
    let texts = KernelSources.names.map { name in name + ((try? KernelSources.text(name)) ?? "") }
    return FNV.hexadecimal(texts.joined())
  }()
}

/// The faults of stored choices.
package enum TuningError: Error, Hashable, Sendable {
  /// A file that does not parse.
  case damaged(String)
  /// A file that cannot be written or removed.
  case notWritten(String)
  /// No place for files at all.
  case noFolder
}

extension TuningError: CustomStringConvertible {
  /// One line: what, where, and the way out.
  package var description: String {
    switch self {
    case .damaged(let path):
      "\(path) does not parse and is ignored; 'retort tune' writes it anew"
    case .notWritten(let path):
      "\(path) cannot be changed; set XDG_CACHE_HOME to a folder that can be written to"
    case .noFolder:
      "there is no home folder to store choices in; set XDG_CACHE_HOME to a folder"
    }
  }
}
