import FoundationEssentials
import Glibc
import RetortFormats

/// The event file of a training, which TensorBoard shows while it grows.
package struct EventLog {
  private let folder: RunFolder
  private let name: String

  /// Begins a file of its own in `folder`, as a later process that goes on does too: TensorBoard
  /// then drops what earlier files say of `step` and later.
  ///
  /// - Throws: `FormatError` if it cannot be written to.
  package init(in folder: RunFolder, from step: Int) throws(FormatError) {
    self.folder = folder
    var host = [CChar](repeating: 0, count: 256)
    let isNamed = gethostname(&host, host.count - 1) == 0
    let hostName = String(
      decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let seconds = Int(Date().timeIntervalSince1970)
    name = "events.out.tfevents.\(seconds).\(isNamed ? hostName : "localhost").\(getpid())"
    try add(step: 0, .version)
    try add(step: step, .sessionStart)
  }

  /// Adds a record with the present time.
  ///
  /// - Throws: `FormatError` if the disk refuses.
  package func add(step: Int, _ content: EventRecord.Content) throws(FormatError) {
    let record = EventRecord(time: Date().timeIntervalSince1970, step: step, content)
    try folder.append(try record.framed(), to: name)
  }
}
