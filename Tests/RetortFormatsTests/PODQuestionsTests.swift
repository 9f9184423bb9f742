import RetortTestSupport
import Testing

@testable import RetortFormats

/// Questions and answers of Perl's documentation, and what of it is refused.
@Suite struct PODQuestionsTests {
  private func read(_ text: String) throws -> [TextPair] {
    let path = try temporaryFolder().path + "/perlfaq.pod"
    try AtomicFile.write(Array(text.utf8), to: path)
    return try TextPair.readAny(path)
  }

  @Test func headingsLookForTheTextBelowThem() throws {
    let pairs = try read(
      """
      =head1 NAME

      perlfaq - not of a question

      =head2 How do I C<open> a
      file?
      X<file, open>

      With L<C<open>|perlfunc/open>, as in
      C<< $x -> y >> and B<I<so>> (see L<perlopentut>).Z<>

      =over 4

      =item * first

      =back

          open my $fh, 'E<lt>';   # as it is

      =for comment
      not shown

      =begin html

      Nor this.

      =end html

      Two E<lt>s, E<0x263A>.

      =head2 No answer?

      =cut

      sub program { "=head2" }

      =pod

      =head2 And the last?

      Yes.
      """)
    #expect(
      pairs == [
        TextPair(
          "How do I open a file?",
          "With open, as in $x -> y and so (see perlopentut). * first open my $fh, 'E<lt>'; # as it is "
            + "Two <s, \u{263A}."),
        TextPair("And the last?", "Yes."),
      ])
  }

  private static let faults: [(text: String, says: String)] = [
    (
      "=head2 Why?\n\nBecause of C<this.\n\nSo.\n",
      "line 3: the content is damaged: a code C<…> without an end"
    ),
    ("Text\n\n=head2\n\nB.\n", "line 3: the content is damaged: a heading without text"),
    ("=head1 A\n\nB.\n", "documentation without questions is not supported"),
    (
      "=head2 \(String(repeating: "B<", count: 40))\n\nB.\n",
      "line 1: the content is damaged: codes within codes, more than 32 deep"
    ),
  ]

  @Test(arguments: faults) func whatIsDamagedIsNamed(_ text: String, _ says: String) throws {
    let error = #expect(throws: FormatError.self) { try read(text) }
    #expect(error?.description.contains(says) == true, "\(error!)")
  }

  /// A folder stands for nine files; one that is missing is named.
  @Test func aFolderHasNineParts() throws {
    let folder = try temporaryFolder().path
    for number in 1...9 {
      let text = "=head2 Q\(number)?\n\nA\(number).\n"
      try AtomicFile.write(Array(text.utf8), to: "\(folder)/perlfaq\(number).pod")
    }
    #expect(
      try TextPair.readAny(folder) == (1...9).map { TextPair("Q\($0)?", "A\($0).") })
    AtomicFile.remove("\(folder)/perlfaq4.pod")
    let error = #expect(throws: FormatError.self) { try TextPair.readAny(folder) }
    #expect(error?.path == "\(folder)/perlfaq4.pod")
    #expect(error?.description.contains("perl-doc") == true)
  }
}
