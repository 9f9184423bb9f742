import ArgumentParser
import RetortFormats
import RetortRuns
import RetortTraining

/// `retort report`: a page about a run, or a comparison of several runs.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws a page about a run, or compares several.",
    discussion: """
      A run writes the page of its own whenever a stage ends; this command draws one of a run \
      that is under way or was broken off, or sets runs beside each other. The page is one file \
      that needs no network. --markdown prints a table of the students instead: stages of one \
      name and number of labels, as runs with different seeds have them, make one row of means \
      and standard deviations. --figure draws their accuracy by number of labels as SVG.
      """)

  @Argument(
    help: ArgumentHelp("The folders of runs.", valueName: "run"), completion: .directory,
    transform: FilePath.expanded)
  var runs: [String]
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The page; report.html in the run's folder, or here for several, if left out; "
        + "- for the standard output.", valueName: "file"))
  var output: OutputFile?
  @Flag(help: "Print a table in Markdown, and draw no page.")
  var markdown = false
  @Option(
    help: ArgumentHelp(
      "Draw accuracy by number of labels to this SVG file, and no page.", valueName: "file"))
  var figure: OutputFile?
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard !(markdown || figure != nil) || (output == nil && !format.json) else {
      throw ValidationError(
        "'--markdown' and '--figure' draw no page: leave out '--output' and '--json'.")
    }
    if markdown, figure?.isStandardOutput == true {
      throw ValidationError("'--markdown' and '--figure -' would both be the standard output.")
    }
    try output?.check(besides: format)
  }

  func run() throws {
    let records = try runs.map { try RunRecord($0) }
    if let figure {
      guard let chart = LabelChart(records) else { throw ReportError.oneNumberOfLabels }
      try figure.write(Array(chart.svg.utf8))
    }
    if markdown { StandardOutput.write(SummaryTable(records).markdown) }
    guard !markdown, figure == nil else { return }
    let page = output ?? OutputFile((runs.count == 1 ? runs[0] + "/" : "") + "report.html")
    try page.write(Array(RunReport(records).html.utf8))
    guard !page.isStandardOutput else { return }
    if format.json {
      StandardOutput.write(
        .record(
          ("file", .string(page.path)), ("runs", .array(records.map { .string($0.name) }))))
    } else {
      StandardOutput.write("report in \(page.path)")
    }
  }
}

/// A reason why no figure can be drawn.
private enum ReportError: Error, CustomStringConvertible {
  case oneNumberOfLabels

  var description: String {
    """
    no variant of these runs has ended with two numbers of labels, so accuracy by labels is no curve; \
    name runs with different 'labelled'
    """
  }
}
