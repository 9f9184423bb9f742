/// A file of event records, as TensorBoard finds and reads them.
package enum EventFile {
  /// How the files' names begin; a number of seconds, the host and the process follow.
  package static let prefix = "events.out.tfevents."

  /// The last second that can be: times beyond the year 9999 are damage.
  private static let latest = 253_402_300_799.0

  /// The number of seconds in a file's name; nil where it is no event file's.
  package static func seconds(inName name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    let seconds = Int(name.dropFirst(prefix.count).prefix { $0 != "." })
    return seconds.flatMap { $0 >= 0 && Double($0) <= latest ? $0 : nil }
  }

  /// The latest time in any record, in seconds since 1970; nil where there is none.
  ///
  /// Records behind a damaged one are not found.
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
