import FoundationEssentials
import Glibc
import RetortFormats

/// The event file of a training, which TensorBoard shows while it grows.
///
/// TensorBoard reads the files of a folder in the order of their names, which begin with a time, and skips
/// files whose names precede those already read. Names and times are therefore monotonic here, whatever the
/// machine's clock does.
package final class EventLog {
  private let folder: RunFolder
  private let name: String
  private let now: () -> Double
  private var lastTime: Double

  /// Begins a new file in `folder`, also when a run is resumed: TensorBoard then drops the records of earlier
  /// files from `step` on.
  ///
  /// - Parameter now: The clock, in seconds since 1970.
  /// - Throws: `FormatError` if it cannot be written to.
  package init(
    in folder: RunFolder, from step: Int,
    now: @escaping () -> Double = { Date().timeIntervalSince1970 }
  ) throws(FormatError) {
    (self.folder, self.now) = (folder, now)
    var host = [CChar](repeating: 0, count: 256)
    let isNamed = gethostname(&host, host.count - 1) == 0
    let hostName = String(
      decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let earlier = try FolderEntries.names(folder.path).filter {
      EventFile.seconds(inName: $0) != nil && FileBytes.isReadable(folder.file($0))
    }
    lastTime = now()
    for file in earlier {
      // A file that cannot be read imposes no lower limit on times.
      guard let bytes = try? FileBytes.read(folder.file(file), limit: 1 << 30) else { continue }
      lastTime = max(lastTime, EventFile.latestTime(bytes) ?? 0)
    }
    let last = earlier.compactMap { EventFile.seconds(inName: $0) }.max() ?? -1
    let seconds = max(Int(exactly: lastTime.rounded(.down)) ?? 0, last + 1)
    name = "\(EventFile.prefix)\(seconds).\(isNamed ? hostName : "localhost").\(getpid())"
    try add(step: 0, .version)
    try add(step: step, .sessionStart)
  }

  /// Adds a record with the present time, or the last record's if that is later.
  ///
  /// - Throws: `FormatError` if the file cannot be written.
  package func add(step: Int, _ content: EventRecord.Content) throws(FormatError) {
    lastTime = max(lastTime, now())
    let record = EventRecord(time: lastTime, step: step, content)
    try folder.append(try record.framed(), to: name)
  }
}
