import Foundation
import RetortFormats
import RetortTestSupport
import Testing

@testable import RetortRuns

@Suite struct EventLogTests {
  private func withFolder(_ body: (RunFolder) throws -> Void) throws {
    let path = try temporaryFolder().path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let folder = RunFolder(path)
    try folder.make()
    try body(folder)
  }

  private func files(_ folder: RunFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// The times of a file's records: each message begins with its time.
  private func times(_ folder: RunFolder, _ name: String) throws -> [Double] {
    var rest = try FileBytes.read(folder.file(name))[...]
    var times: [Double] = []
    while let length = rest.first {
      let bits = rest.dropFirst(13).prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      times.append(Double(bitPattern: bits))
      rest = rest.dropFirst(Int(length) + 16)
    }
    return times
  }

  @Test func aClockThatGoesBackChangesNoOrder() throws {
    try withFolder { folder in
      var now = 2000.5
      let first = try EventLog(in: folder, from: 1, now: { now })
      now = 1500
      try first.add(step: 1, .scalars([.init("loss", 1)]))
      now = 3000
      try first.add(step: 2, .scalars([.init("loss", 1)]))
      now = 1000
      let second = try EventLog(in: folder, from: 3, now: { now })
      try second.add(step: 3, .scalars([.init("loss", 1)]))
      let names = try files(folder)
      #expect(names.count == 2)
      #expect(names[0].hasPrefix("events.out.tfevents.2000."))
      #expect(names[1].hasPrefix("events.out.tfevents.3000."))
      #expect(try times(folder, names[0]) == [2000.5, 2000.5, 2000.5, 3000])
      #expect(try times(folder, names[1]) == [3000, 3000, 3000])
      // Two files of one second are in order too.
      now = 3000.25
      _ = try EventLog(in: folder, from: 3, now: { now })
      #expect(try files(folder)[2].hasPrefix("events.out.tfevents.3001."))
    }
  }

  @Test func damagedFilesTellNoTimes() throws {
    try withFolder { folder in
      let record = try EventRecord(time: 5000, step: 1, .version).framed()
      let absurd = try EventRecord(time: 1e300, step: 1, .version).framed()
      for (name, bytes) in [
        ("events.out.tfevents.9223372036854775807.x", record),
        ("events.out.tfevents.10.cut", Array(record.dropLast(9))),
        ("events.out.tfevents.11.far", absurd), ("events.out.tfevents.12.empty", []),
        ("events.out.tfevents.13.long", Array(repeating: 0xFF, count: 40)),
      ] { try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name))) }
      try FileManager.default.createDirectory(
        atPath: folder.file("events.out.tfevents.14.folder"), withIntermediateDirectories: true)
      _ = try EventLog(in: folder, from: 1, now: { 100 })
      #expect(try files(folder).contains { $0.hasPrefix("events.out.tfevents.100.") })
      #expect(EventFile.latestTime(record + absurd + record) == 5000)
      #expect(EventFile.latestTime([]) == nil)
    }
  }
}
