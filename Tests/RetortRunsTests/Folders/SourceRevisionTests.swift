import Foundation
import RetortTestSupport
import Testing

@testable import RetortRuns

@Suite struct SourceRevisionTests {
  private static let commit = String(repeating: "0123456789", count: 4)

  /// Calls `body` with a folder of the given files, written one after the other; `old` ones have a
  /// time long past.
  private func withFiles(
    _ files: [(String, String)], old: [String] = [], _ body: (String) throws -> Void
  ) throws {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
      let date = Date(timeIntervalSince1970: old.contains(path) ? 1e9 : 2e9)
      try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file.path)
    }
    try body(root.path)
  }

  @Test func theCheckoutsCommitIsTheProgramsRevision() throws {
    let program = (".build/release/retort", "")
    let head = (".git/HEAD", "ref: refs/heads/main\n")
    for files in [
      [program, (".git/HEAD", Self.commit + "\n")],
      [program, head, (".git/refs/heads/main", Self.commit + "\n"), (".git/logs/HEAD", "")],
      [program, head, (".git/packed-refs", "# pack\n\(Self.commit) refs/heads/main\n")],
    ] {
      try withFiles(files) { root in
        #expect(SourceRevision.of(program: root + "/.build/release/retort") == Self.commit)
        #expect(SourceRevision.of(program: root + "/retort") == nil)
      }
    }
    // A worktree's state lies elsewhere, and its branches with the first one's.
    try withFiles([
      ("checkout/.build/debug/retort", ""), ("git/worktrees/w/HEAD", "ref: refs/heads/b\n"),
      ("git/worktrees/w/commondir", "../..\n"), ("git/refs/heads/b", Self.commit),
    ]) { root in
      try Data("gitdir: \(root)/git/worktrees/w\n".utf8).write(
        to: URL(fileURLWithPath: root + "/checkout/.git"))
      #expect(SourceRevision.of(program: root + "/checkout/.build/debug/retort") == Self.commit)
    }
  }

  @Test func aCheckoutThatHasMovedOnTellsNothing() throws {
    try withFiles(
      [(".build/release/retort", ""), (".git/HEAD", Self.commit), (".git/logs/HEAD", "")],
      old: [".build/release/retort"]
    ) { root in
      #expect(SourceRevision.of(program: root + "/.build/release/retort") == nil)
    }
  }

  @Test func aPackedProgramHasItsRevisionBesideIt() throws {
    try withFiles([("retort-0.1/retort", ""), ("retort-0.1/REVISION", "abc\n")]) { root in
      #expect(SourceRevision.of(program: root + "/retort-0.1/retort") == "abc")
    }
  }

  @Test func whatIsNoCommitIsNone() throws {
    for head in ["", "ref: ../../x", "ref: refs/heads/none", "<script>"] {
      try withFiles([(".build/release/retort", ""), (".git/HEAD", head)]) { root in
        #expect(SourceRevision.of(program: root + "/.build/release/retort") == nil, "\(head)")
      }
    }
  }
}
