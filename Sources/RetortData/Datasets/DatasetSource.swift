/// The published files of a dataset, with the hashes to verify them by.
public struct DatasetSource: Equatable, Sendable {
  /// One published file.
  public struct File: Equatable, Sendable {
    /// The file's name, the same at the source and in the cache.
    public let name: String
    /// The size of the published file in bytes, used for progress only.
    public let byteCount: Int
    /// The size of the decompressed content in bytes.
    public let contentByteCount: Int
    /// The SHA-256 of the decompressed content, which a repackaged file matches too.
    public let contentSHA256: String

    /// A file with the given size and hash.
    public init(name: String, byteCount: Int, contentByteCount: Int, contentSHA256: String) {
      self.name = name
      self.byteCount = byteCount
      self.contentByteCount = contentByteCount
      self.contentSHA256 = contentSHA256
    }
  }

  /// The name that recipes and commands use.
  public let name: String
  /// The folder that holds the files, as a URL.
  public let baseURL: String
  /// The files.
  public let files: [File]

  /// A source of the given files, whose names have no slash.
  public init(name: String, baseURL: String, files: [File]) {
    precondition(
      files.allSatisfy { !$0.name.contains("/") && !$0.name.hasPrefix(".") },
      "files of a dataset stay in its folder")
    self.name = name
    self.baseURL = baseURL
    self.files = files
  }

  /// Every dataset that `retort fetch` can download.
  public static let all = [fashionMNIST]

  // The hashes are of the decompressed files. Debian's package strips name and time from the gzip headers;
  // with these restored, its files have the MD5 sums that the authors publish.
  /// Fashion-MNIST from its authors, MIT licence.
  public static let fashionMNIST = DatasetSource(
    name: FashionMNIST.name,
    baseURL: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    files: [
      File(
        name: "train-images-idx3-ubyte.gz", byteCount: 26_421_880, contentByteCount: 47_040_016,
        contentSHA256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
      File(
        name: "train-labels-idx1-ubyte.gz", byteCount: 29_515, contentByteCount: 60_008,
        contentSHA256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
      File(
        name: "t10k-images-idx3-ubyte.gz", byteCount: 4_422_102, contentByteCount: 7_840_016,
        contentSHA256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
      File(
        name: "t10k-labels-idx1-ubyte.gz", byteCount: 5_148, contentByteCount: 10_008,
        contentSHA256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ])
}
