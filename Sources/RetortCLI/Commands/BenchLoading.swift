import ArgumentParser
import RetortCore
import RetortData
import RetortFormats
import RetortRuns
import RetortTraining

/// `retort bench loading`: how many pictures of a folder are read, decoded and resized in a second.
struct BenchLoading: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loading", abstract: "Counts the pictures that are loaded in a second.",
    discussion: """
      The folder is as of dataset image-folder. All of its training pictures are loaded once, in a random order, as \
      training loads them: read, decoded, resized and cut. The clock starts when the first batch is there. A run \
      that takes longer for a step than this needs for a batch does not wait for data.
      """)

  @Argument(help: "A folder with one for each class.", transform: FilePath.expanded)
  var folder: String
  @Option(help: "The side in pixels of the squares that pictures become.")
  var size = 224
  @Option(help: "Examples of a batch.")
  var batch = 64
  @Option(help: "The least share of the area of random parts, as augment.crop; 0 for the middle.")
  var crop = 0.0
  @Option(help: "Threads that load; as many as training takes if left out.")
  var threads: Int?
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard 4...1024 ~= size else { throw ValidationError("--size must be from 4 to 1024.") }
    guard 1...65536 ~= batch else { throw ValidationError("--batch must be from 1 to 65536.") }
    guard 0...1 ~= crop else { throw ValidationError("--crop must be from 0 to 1.") }
    guard 1...256 ~= threads ?? 1 else {
      throw ValidationError("--threads must be from 1 to 256.")
    }
  }

  func run() throws {
    var source = ImageFolder()
    (source.directory, source.side) = (try FilePath.absolute(folder), size)
    let pictures = try source.load().training
    let batches = pictures.count / batch
    guard batches > 1 else {
      throw ValidationError(
        "\(folder) has \(pictures.count) training pictures; two batches of \(batch) are needed.")
    }
    let loader = BatchLoader(
      dataset: pictures, pipeline: source.examples.pipeline(Augmentation(crop: crop)))
    let order = try BatchOrder(count: pictures.count, batchSize: batch, seed: 0)
    let loadingThreads = threads ?? pictures.loadingThreads
    let prefetcher = Prefetcher(
      loader: loader, order: order, batchLimit: batches, threads: loadingThreads)
    try prefetcher.withNext { _ in }
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 1..<batches { try prefetcher.withNext { _ in } }
    let seconds = (clock.now - start).seconds
    let rate = Double((batches - 1) * batch) / seconds
    guard !format.json else {
      StandardOutput.write(
        .record(
          ("pictures", .integer((batches - 1) * batch)), ("seconds", .real(seconds)),
          ("threads", .integer(loadingThreads)), ("picturesPerSecond", .real(rate))))
      return
    }
    StandardOutput.write(
      "\(fixed(rate, 0)) pictures a second: \((batches - 1) * batch) of \(size)×\(size) in "
        + "\(duration(seconds)), \(loadingThreads) threads")
  }
}
