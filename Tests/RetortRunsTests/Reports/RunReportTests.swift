import Foundation
import RetortFormats
import RetortRuns
import RetortTestSupport
import Testing

@Suite struct RunReportTests {
  @Test func aFinishedRunIsShownWhole() throws {
    try RunFiles.withFolder(RunFiles.make()) { folder in
      let page = RunReport([try RunRecord(folder)]).html
      let text = try ReportFixture.text(of: page)
      for fact in [
        "a <run> & \"more\"", "81.25 %", "90.00 %", "10 % of the teacher", "0.0625",
        "54\u{202F}314", "61.5 s", "a <device>", "seed", "abc123",
        "</pre><script>alert(1)</script>", "<Coat>", "Divergence along the search", "D 0.125",
        "unfinished, at step 1000", "75.00 % at 5", "validation accuracy",
        "How far the search can be trusted", "61.0 %", "57.0 % to 65.0 %", "7.0 to 7.5",
        "61 % of reconstructions: too weak to explore with", "the mean on explored examples 50 %",
        "2026-01-02 03:04:05 UTC", "retort run 'a b'", "0.1.0 (revision 0123456789ab)",
      ] {
        #expect(text.contains(fact), "\(fact)")
      }
      #expect(page.contains("src=\"data:image/png;base64,iVBORw0KGgo=\""))
      #expect(page.contains("prefers-color-scheme: dark"))
    }
  }

  /// Once the page had no script, and the test was that there is none: `!page.contains("<script")`.
  ///
  /// Now it has one of its own, which a browser runs because its hash is in the page's policy, and
  /// data that it does not run.
  @Test func nothingRunsButThePagesOwnScript() throws {
    let page = try ReportFixture.page(RunFiles.make())
    let scripts = page.matches(of: #/<script([^>]*)>/#).map { String($0.1) }
    #expect(scripts.filter { $0.isEmpty }.count == 1)
    #expect(scripts.filter { !$0.isEmpty }.allSatisfy { $0 == " type=\"application/json\"" })
    #expect(scripts.count > 3)
    let script = try #require(page.firstMatch(of: #/<script>((?s).*?)<\/script>/#)).1
    var hash = SHA256()
    hash.update(Array(script.utf8))
    let digest = Data(hash.finish()).base64EncodedString()
    #expect(page.contains("default-src 'none';"))
    #expect(page.contains("script-src 'sha256-\(digest)'"))
    // The name of the policy's element has "http" in it, so addresses are looked for.
    #expect(!page.contains("http:") && !page.contains("https:"), "the page must not need a network")
  }

  @Test func theMatrixCountsLabelsByRowAndPredictionsByColumn() throws {
    let page = try ReportFixture.page(RunFiles.make())
    let cells = page.matches(
      of: #/class="(right|wrong)[^"]*" style="[^"]*" title="[^"]*">(\d+)</#)
    #expect(cells.map { "\($0.1) \($0.2)" } == ["right 1", "wrong 0", "wrong 1", "right 2"])
    #expect(page.contains("title=\"&lt;Coat&gt; taken for Bag: 1\""))
  }

  @Test func curvesAreThinnedByMeans() throws {
    let page = try ReportFixture.page(RunFiles.make())
    let longest = page.matches(of: #/<path class="curve c0" d="M([^"]*)"/#)
      .map { $0.1.split(separator: "L").count }.max()
    #expect(longest == 250)
    #expect(page.contains("cross-entropy (logarithmic)"))
    #expect(!page.contains("learning rate (logarithmic)"))
    // Nothing lies between two steps of a search.
    #expect(!page.contains("text-anchor=\"middle\">0.2<"))
  }

  @Test func theScriptIsGivenWhatIsDrawn() throws {
    let page = try ReportFixture.page(RunFiles.make())
    let data = try page.matches(of: #/<script type="application\/json">([^<]*)</#).map {
      try JSONValue.parse(Array($0.1.utf8)[...], path: "page")
    }
    let accuracy = try #require(data.first { $0["title"]?.string == "test accuracy" })
    let curve = try #require(accuracy["curves"]?.array?.first)
    // The evaluation, and the result after the last step, in percent.
    #expect(curve["label"]?.string == "kd")
    #expect(curve["x"]?.text == "[5,10]" && curve["y"]?.text == "[75,81.25]")
    let teacher = try #require(
      data.first { $0["curves"]?.array?.first?["label"]?.string == "teacher" })
    #expect(teacher["curves"]?.array?.first?["x"]?.array?.count == 1000)
    #expect(teacher["curves"]?.array?.first?["seconds"]?.array?.count == 1000)
  }

  @Test func theStateThatIsKeptNeedNotBeTheLast() throws {
    var files = RunFiles.make()
    let path = "stages/distil/kd/result.json"
    files[path] = files[path]?.replacing("\"kept\":\"last\"", with: "\"kept\":\"best\"")
      .replacing("\"test\":{\"accuracy\":0.8125", with: "\"test\":{\"accuracy\":0.7")
    let page = try ReportFixture.page(files)
    #expect(page.contains("75.00 % at 5, kept"))
    // The curve goes on to what the training ended with, which the result does not count.
    #expect(page.contains("kd ends at 70 %") && page.contains("kd is right on 81.25 %"))
  }

  @Test func anUnfinishedRunHasAReportToo() throws {
    let page = try ReportFixture.page(RunFiles.make(isFinished: false))
    #expect(try ReportFixture.text(of: page).contains("No stage has ended yet."))
  }

  @Test func allStudentsShareACurveWhateverTheirStagesAreCalled() throws {
    var files = RunFiles.make()
    files["recipe.yaml"] = files["recipe.yaml"]?.replacing("distil/tgt", with: "other")
    files["metrics.jsonl"] = files["metrics.jsonl"]?.replacing("distil/tgt", with: "other")
    let page = try ReportFixture.page(files)
    let text = try ReportFixture.text(of: page)
    #expect(text.contains("Students") && text.contains("Teachers"))
    let chart = try #require(page.firstMatch(of: #/<desc>(kd ends at [^<]*)<\/desc>/#))
    #expect(page.contains("kd ends at 1, other ends at 1"), "\(chart.1)")
  }

  /// These two runs once had the labels `first: kd` and so on whatever their recipes: now runs that
  /// differ in nothing but the seed are one student with its spread.
  @Test func severalRunsStandBesideEachOther() throws {
    try RunFiles.withFolder(RunFiles.make(), named: "first") { first in
      try RunFiles.withFolder(RunFiles.make(temperature: 8), named: "second") { second in
        let page = RunReport([try RunRecord(first), try RunRecord(second + "/")]).html
        let text = try ReportFixture.text(of: page)
        #expect(text.contains("first, second"))
        for label in ["first: kd", "second: kd", "distil/kd"] {
          #expect(text.contains(label), "\(label)")
        }
        // The difference of the recipes, word by word.
        #expect(text.contains("temperature: 4") && text.contains("temperature: 8"))
        #expect(page.contains("<b>4</b>") && page.contains("<b>8</b>"))
      }
    }
  }

  @Test func runsThatDifferBySeedAreOneStudentWithItsSpread() throws {
    var other = RunFiles.make(seed: 8)
    other["stages/distil/kd/result.json"]?.replace("0.8125", with: "0.7925")
    try RunFiles.withFolder(RunFiles.make(), named: "first") { first in
      try RunFiles.withFolder(other, named: "second") { second in
        let page = RunReport([try RunRecord(first), try RunRecord(second)]).html
        let text = try ReportFixture.text(of: page)
        #expect(text.contains("kd is right on 80.25 ± 1.41 % of the test set, over 2 runs"))
        #expect(text.contains("first: 81.25 %") && text.contains("second: 79.25 %"))
        #expect(!text.contains("first: kd"))
        #expect(page.contains("\"runs\":[2,2]"))
      }
    }
  }

  @Test func runsOfOneNameAreToldApartByTheirFolders() throws {
    var files: [String: String] = [:]
    for folder in ["a/seed-1/", "b/seed-1/", "b/seed-2/"] {
      for (name, text) in RunFiles.make(temperature: folder.hasPrefix("a") ? 4 : 8) {
        files[folder + name] = text
      }
    }
    try RunFiles.withFolder(files) { folder in
      let runs = try ["a/seed-1", "b/seed-1", "b/seed-2"].map { try RunRecord(folder + "/" + $0) }
      let text = try ReportFixture.text(of: RunReport(runs).html)
      #expect(text.contains("a/seed-1, b/seed-1, seed-2"))
      #expect(text.contains("a/seed-1: kd") && text.contains("b/seed-1 and 1 more: kd"))
      // The same folder twice has but one name.
      #expect(try ReportFixture.text(of: RunReport([runs[0], runs[0]]).html).contains("seed-1"))
    }
  }

  @Test func heldOutExamplesHaveCurvesOfTheirOwn() throws {
    var files = RunFiles.make()
    files["metrics.jsonl"] = """
      {"stage":"distil/kd","step":5,"split":"train","loss":3,"losses":{"a":1,"b":2}}
      {"stage":"distil/kd","step":5,"split":"validation","accuracy":0.5,"loss":1.5}

      """
    let page = try ReportFixture.page(files)
    let titles = page.matches(of: #/<figcaption>([^<]*)<\/figcaption>\n<svg viewBox="0 0 460/#)
    #expect(
      titles.prefix(5).map { String($0.1) } == [
        "validation accuracy", "total loss", "a", "b", "validation loss",
      ])
  }

  @Test func whatIsNoRunIsRefused() throws {
    let error = #expect(throws: FormatError.self) { try RunRecord("/nonexistent/run") }
    #expect("\(String(describing: error))".contains("/nonexistent/run"))
  }

  @Test func whatACrashLeavesIsLeftOut() throws {
    // A line that broke off with the next run's behind it, and steps that were done again.
    var files = RunFiles.make()
    let line = #"{"stage":"teacher","step":1,"split":"train","loss":9,"losses":{"a":9}}"#
    let more = [3, 2, 3, 4].map { line.replacing("\"step\":1", with: "\"step\":\($0)") }
    files["metrics.jsonl"] =
      "{\"stage\":\"tea" + line + "\n{\"stage\":1}\n" + more.joined(separator: "\n") + "\n"
    let page = try ReportFixture.page(files)
    #expect(page.contains("2 damaged lines of metrics.jsonl left out"))
    // The curve's marks and the legend's.
    #expect(page.matches(of: #/<circle class="dot c0"/#).count == 3 + 1)
  }

  @Test func aStageNameLeadsNowhereElse() throws {
    var files = RunFiles.make()
    files["elsewhere/result.json"] = files["stages/distil/kd/result.json"]
    files["metrics.jsonl"] = #"{"stage":"../elsewhere","step":1,"loss":1}"# + "\n"
    let text = try ReportFixture.text(of: try ReportFixture.page(files))
    #expect(text.contains("../elsewhere") && !text.contains("81.25"))
  }
}
