import ArgumentParser
import RetortFormats
import RetortTraining

/// `retort report`: one page about a run, or several beside each other.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws a page about a run, or compares several.",
    discussion: """
      A run writes the page of its own whenever a stage ends; this command draws one of a run \
      that is under way or was broken off, or sets runs beside each other. The page is one file \
      that needs no network.
      """)

  @Argument(help: ArgumentHelp("The folders of runs.", valueName: "run"))
  var runs: [String]
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The page; report.html in the run's folder, or here for several, if left out.",
      valueName: "file"))
  var output: String?
  @OptionGroup var format: JSONOption

  func run() throws {
    let records = try runs.map { try RunRecord($0) }
    let page = output ?? (runs.count == 1 ? runs[0] + "/" : "") + "report.html"
    try RunReport(records).write(to: page)
    if format.json {
      StandardOutput.write(
        .record(
          ("page", .string(page)), ("runs", .array(records.map { .string($0.name) }))))
    } else {
      StandardOutput.write("report in \(page)")
    }
  }
}
