import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// Whether a browser shows what a run leaves, and its page answers; skipped where there is no Chromium.
@Suite(.enabled(if: Browser.path != nil, "Chromium is not installed")) struct ReportPageTests {
  @Test func aBrowserShowsThePageWithoutErrors() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = """
      version: 1
      name: small
      data: {name: fashion-mnist, labelled: 20}
      student: {model: mlp}
      losses: [{kind: cross-entropy}]
      train: {steps: 4, batch: 10, log-every: 1}
      """
    try Data(recipe.utf8).write(to: folder.appendingPathComponent("small.yaml"))
    let run = try CommandLineTool.run(
      ["run", "small.yaml", "--device", "cpu", "--output", "out", "--json"], in: folder.path)
    #expect(run.status == 0, "\(run.errors)")
    let visit = try Browser.visit(folder.path + "/out/report.html")
    #expect(visit.complaints.isEmpty, "\(visit.complaints)")
    // What the browser made of it: tables, curves and the diagram are where they were written, and
    // the page's policy lets its script run.
    for part in [
      "<table class=\"results\"", "class=\"curve c0\"", "class=\"confusion\"", "class=\"js\"",
      "class=\"controls\"", "</html>",
    ] {
      let isThere = visit.page.contains(part)
      #expect(isThere, "\(part)")
    }
  }

  /// What a reader does with the page, and what they find then; each line gives a name and a value.
  private static let probe = """
    const found = {};
    const one = (selector) => document.querySelector(selector);
    const many = (selector) => document.querySelectorAll(selector).length;
    const change = (input, value, event) => {
      input.value = value;
      input.dispatchEvent(new Event(event, { bubbles: true }));
    };
    const wide = [...document.querySelectorAll('*')].filter((element) =>
      element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('svg'));
    found.cut = wide.map((element) => element.tagName + '.' + element.className).join(' ');
    found.scrolled = [...document.querySelectorAll('.scroll')].filter((element) =>
      element.scrollWidth > element.clientWidth + 1).length;
    const group = one('.group');
    const curves = () => group.querySelectorAll('.chart .curve').length;
    const [first] = group.querySelectorAll('.legend button');
    const before = curves();
    first.click();
    found.hidden = before - curves();
    found.pressed = first.getAttribute('aria-pressed');
    first.click();
    found.shown = before - curves();
    first.dispatchEvent(new MouseEvent('click', { shiftKey: true }));
    found.alone = group.querySelectorAll('.legend [aria-pressed=true]').length;
    first.dispatchEvent(new MouseEvent('click', { shiftKey: true }));
    const chart = one('.chart');
    const svg = chart.querySelector('svg');
    svg.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
    found.tip = chart.querySelector('.tip').innerText.replace(/\\s+/g, ' ');
    svg.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    found.left = chart.querySelector('.tip').hidden;
    const teacher = [...document.querySelectorAll('.group')].find((group) =>
      group.querySelector('h3')?.textContent === 'Teachers');
    const slider = teacher.querySelector('[type=range]');
    change(slider, '0.9', 'input');
    found.smoothed = teacher.querySelectorAll('.raw').length > 0;
    change(slider, '0', 'input');
    const [y, x] = teacher.querySelectorAll('select');
    change(y, 'linear', 'change');
    found.linear = teacher.querySelector('figcaption').textContent;
    change(y, 'log', 'change');
    found.logarithmic = teacher.querySelector('figcaption').textContent;
    change(x, 'time', 'change');
    found.time = [...teacher.querySelectorAll('.axis')].some((text) => text.textContent === 'seconds');
    const rows = () => [...one('.results').tBodies[0].rows].map((row) => row.cells[0].textContent);
    one('.results .sort').click();
    found.ascending = rows().join();
    one('.results .sort').click();
    found.descending = rows().join();
    found.sort = one('[aria-sort]').getAttribute('aria-sort');
    found.closed = many('details:not([open])') > 0;
    dispatchEvent(new Event('beforeprint'));
    found.open = many('details:not([open])');
    const out = document.createElement('pre');
    out.id = 'found';
    out.textContent = JSON.stringify(found);
    parent.document.body.append(out);
    """

  @Test(arguments: [320, 390, 800, 1280]) func thePageAnswersAndIsNotCut(_ width: Int) throws {
    try RunFiles.withFolder(RunFiles.make(), named: "first") { first in
      try RunFiles.withFolder(RunFiles.make(seed: 8), named: "second") { second in
        let drawn = try CommandLineTool.run(
          ["report", first, second, "--output", "page.html"], in: first)
        #expect(drawn.status == 0, "\(drawn.errors)")
        // The page runs no script but its own, so it is probed without its policy.
        var page = try String(contentsOfFile: first + "/page.html", encoding: .utf8)
        page.replace(#/<meta http-equiv[^>]*>/#, with: "")
        page.replace("</body>", with: "<script>{\(Self.probe)}</script></body>")
        try page.write(toFile: first + "/page.html", atomically: true, encoding: .utf8)
        let visit = try Browser.visit(first + "/page.html", inFrameOf: width)
        #expect(visit.complaints.isEmpty, "\(visit.complaints)")
        let text = try #require(visit.page.firstMatch(of: #/<pre id="found">([^<]*)<\/pre>/#)).1
        let found = try JSONValue.parse(Array(text.utf8)[...], path: "probe")
        let expected: [(String, String)] = [
          ("cut", ""), ("scrolled", "0"), ("pressed", "false"), ("shown", "0"), ("alone", "1"),
          ("left", "true"), ("smoothed", "true"), ("linear", "cross-entropy"),
          ("logarithmic", "cross-entropy (logarithmic)"), ("time", "true"), ("ascending", "kd"),
          ("closed", "true"), ("open", "0"), ("sort", "descending"),
        ]
        for (key, value) in expected {
          #expect((found[key]?.string ?? found[key]?.text) == value, "\(key)")
        }
        #expect(found["hidden"]?.int ?? 0 > 0)
        #expect(found["tip"]?.string?.hasPrefix("step 10") == true)
        #expect(found["tip"]?.string?.contains("kd 81.25 %") == true, "\(found.text)")
      }
    }
  }
}
