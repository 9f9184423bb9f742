import ArgumentParser
import RetortData
import RetortFormats

/// `retort fetch`: downloads a dataset and verifies it against the published hashes.
struct Fetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Downloads a dataset and checks it.",
    discussion: """
      Files that are there already are checked and left alone; a download that was broken off \
      goes on where it stopped.
      """)

  @Argument(help: "The dataset ('retort list datasets').", completion: .dataset)
  var name: String
  @Option(help: ArgumentHelp("Where else to take the files from.", valueName: "url"))
  var from: String?
  @Option(
    help: ArgumentHelp("Where to put them; the cache if left out.", valueName: "folder"),
    completion: .directory, transform: FilePath.expanded)
  var into: String?
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard !DatasetSource.all.contains(where: { $0.name == name }) else { return }
    let known = DatasetSource.all.map(\.name).joined(separator: ", ")
    throw ValidationError("There is no dataset '\(name)'. There is: \(known).")
  }

  func run() throws {
    guard let source = DatasetSource.all.first(where: { $0.name == name }) else { return }
    let folder = try into ?? DatasetLocations().cache(of: name)
    let fetch = RetortData.Fetch(source, into: folder, from: from)
    var files: [JSONValue] = []
    let showsProgress = !format.json && StandardOutput.isLive
    try fetch.run { event in
      switch event {
      case .present(let file):
        files.append(.record(("file", .string(file)), ("fetched", .bool(false))))
        if !format.json { StandardOutput.write("\(file): already there") }
      case .progress(let file, let received, let total):
        guard showsProgress else { return }
        let line = StatusLine(
          ["\(bytes(received)) of \(bytes(total))", file],
          share: Double(received) / Double(max(1, total)))
        StandardOutput.rewrite(line.fitted(to: StandardOutput.columns - 1))
      case .fetched(let file):
        files.append(.record(("file", .string(file)), ("fetched", .bool(true))))
        StandardOutput.clearLine()
        if !format.json { StandardOutput.write("\(file): fetched and checked") }
      }
    }
    if format.json {
      StandardOutput.write(
        .record(
          ("dataset", .string(name)), ("folder", .string(folder)), ("files", .array(files))))
    } else {
      StandardOutput.write("\(name) is in \(folder)")
    }
  }
}
