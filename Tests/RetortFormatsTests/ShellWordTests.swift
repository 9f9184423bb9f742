import RetortFormats
import Testing

@Suite struct ShellWordTests {
  @Test(arguments: [
    ("runs/a_b-1.2", "runs/a_b-1.2"), ("", "''"), ("two words", "'two words'"),
    ("it's", "'it'\\''s'"), ("$HOME", "'$HOME'"), ("~/a", "'~/a'"), ("é", "'é'"),
    ("a\nb", "'a\nb'"),
  ])
  func aShellReadsBackWhatWasQuoted(_ text: String, _ word: String) {
    #expect(text.shellWord == word)
  }
}
