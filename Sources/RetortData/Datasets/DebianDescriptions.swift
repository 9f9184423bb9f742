import RetortFormats
import RetortNN
import RetortSchema

/// Debian's packages: a short description, and the long one that is to be found by it.
public struct DebianDescriptions: TextSource {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "debian-descriptions", "short and long descriptions of Debian's packages, in pairs",
    """
    The file is one of those that 'apt update' keeps, such as \
    /var/lib/apt/lists/…_main_i18n_Translation-en, uncompressed. Of packages whose long descriptions begin \
    with the same paragraph only the first is taken. The test pairs are drawn at random, the same for every \
    seed; or 'test' names others, as dataset 'text-pairs' reads them, such as the folder of perlfaq \
    (/usr/share/perl/5.36.0/pod, of Debian's package perl-doc), and all descriptions are to learn from. Models that \
    give vectors learn on it, as on dataset 'text-pairs'.
    """, source: "Debian Policy, section 5.6.13")

  /// The file of descriptions.
  public var file: String?
  /// How many pairs are for the test, where there are no others.
  public var testCount = 1000
  /// What is measured on instead of descriptions: a file of pairs, or a folder.
  public var test: String?
  /// How texts become tokens.
  public var encoding = TextEncoding()

  /// No file yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<DebianDescriptions>] =
    [
      .path("file", \.file, "apt's file of descriptions, whose name ends in Translation-en")
        .required(),
      .path("test", \.test, "other pairs to be measured on, in place of descriptions"),
      .int("test-pairs", \.testCount, 1...1_000_000, "the pairs to be measured on")
        .only(
          where: { $0.test == nil }, not: "a 'test' of other pairs",
          but: ["descriptions to be measured on"]),
    ] + .encoding()

  /// Vectors.
  public var outputs: OutputKind { .vectors }
  /// One, which says nothing.
  public var classCount: Int? { 1 }
  /// All that are named, and those of a folder.
  public var files: [String] {
    [file, test, encoding.vocabulary].compactMap(\.self).flatMap(TextPair.files)
  }

  /// Reads all of them.
  public func load() throws(DataError) -> DatasetParts {
    guard let file else {
      throw .outOfRange(
        name: "'file' of dataset 'debian-descriptions'", found: "nothing",
        allowed: "the path of a file")
    }
    let pairs = try asDataError { () throws(FormatError) in try PackageDescriptions.read(file) }
    if let test {
      let others = try asDataError { () throws(FormatError) in try TextPair.readAny(test) }
      return try encoding.pairs("debian-descriptions", training: pairs, test: others)
    }
    guard testCount < pairs.count else {
      throw .tooFewExamples(wanted: testCount + 1, available: pairs.count, className: nil)
    }
    var generator = KeyedGenerator(seed: 0, stream: .split)
    let tested = Set(generator.permutation(of: pairs.count).prefix(testCount))
    func part(_ isTest: Bool) -> [TextPair] {
      pairs.indices.filter { tested.contains($0) == isTest }.map { pairs[$0] }
    }
    return try encoding.pairs("debian-descriptions", training: part(false), test: part(true))
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    file = file.map(FilePath.name(of:))
    test = test.map(FilePath.name(of:))
    encoding.vocabulary = encoding.vocabulary.map(FilePath.name(of:))
  }
}
