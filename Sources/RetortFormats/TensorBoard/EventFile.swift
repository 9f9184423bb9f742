/// A file of event records in the form that TensorBoard reads.
package enum EventFile {
  /// The prefix of the files' names; a number of seconds, the host and the process id follow.
  package static let prefix = "events.out.tfevents."

  /// The last valid second: times beyond the year 9999 indicate damage.
  private static let latest = 253_402_300_799.0

  /// The number of seconds in a file's name; nil if it is not an event file's.
  package static func seconds(inName name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    let seconds = Int(name.dropFirst(prefix.count).prefix { $0 != "." })
    return seconds.flatMap { $0 >= 0 && Double($0) <= latest ? $0 : nil }
  }

  /// The latest time in any record, in seconds since 1970; nil if there is none.
  ///
  /// Records after a damaged one are not read.
  package static func latestTime(_ bytes: [UInt8]) -> Double? {
    var rest = bytes[...]
    var found: Double?
    while rest.count >= 12 {
      let head = Array(rest.prefix(8))
      let length = number(rest.prefix(8))
      // The frame is a length, its checksum, the message and its checksum.
      guard littleEndian(CRC32C.masked(head)) == Array(rest.dropFirst(8).prefix(4)),
        length <= UInt64(rest.count - 12)
      else { break }
      let message = rest.dropFirst(12).prefix(Int(length))
      rest = rest.dropFirst(12 + Int(length)).dropFirst(4)
      // A message begins with its time: field 1, eight bytes.
      guard message.first == 0x09, message.count >= 9 else { continue }
      let time = Double(bitPattern: number(message.dropFirst().prefix(8)))
      if time >= found ?? 0, time <= latest { found = time }
    }
    return found
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
