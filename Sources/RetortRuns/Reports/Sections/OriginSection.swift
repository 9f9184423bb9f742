/// The origin of the results: when, where and how each run was started.
struct OriginSection {
  let model: PageModel

  /// The facts of a single run, for the top of its page; empty for several runs.
  var summary: HTML {
    guard model.runs.count == 1, let run = model.runs.first else { return "" }
    let session = run.sessions.last
    var facts: [(String, HTML)] = []
    if let began = run.sessions.first?.began { facts.append(("began", Self.time(began))) }
    facts.append(("device", "\(run.device ?? session?.device ?? "unknown")"))
    facts.append(("seed", "\(run.seed ?? "unknown")"))
    facts.append(("Retort", "\(Self.version(run))"))
    if let command = session?.command {
      facts.append(("command", "<code>\(command)</code>"))
    }
    let entries = facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" as HTML }
    return "<dl class=\"facts\">\(entries)</dl>\n"
  }

  var html: HTML {
    var table = DataTable(
      name: "origins",
      columns: ["run", "began", "trained for", "device", "seed", "Retort", "recipe SHA-256"])
    for run in model.runs {
      table.rows.append(
        (
          false,
          [
            .text(run.name),
            .html(run.sessions.first.map { Self.time($0.began) } ?? "not recorded"),
            .duration(run.seconds), .text(run.device ?? run.sessions.last?.device ?? "unknown"),
            .text(run.seed ?? "unknown"), .text(Self.version(run)),
            .html("<code>\(run.recipeSHA256 ?? "unknown")</code>"),
          ]
        ))
    }
    return "\(table.html)\(commands)"
  }

  /// The command of every session; a resumed run has several.
  private var commands: HTML {
    let runs = model.runs.map { run -> HTML in
      let lines = run.sessions.map { session -> HTML in
        """
        <li>\(Self.time(session.began)): <code>\(session.command ?? "from a program")</code>, on \
        \(session.device ?? "unknown")</li>

        """
      }
      guard !lines.isEmpty else { return "" }
      return "<li>\(run.name)<ol>\(lines)</ol></li>\n"
    }
    guard runs.contains(where: { !$0.isEmpty }) else { return "" }
    return "<h3>Commands</h3>\n<ul class=\"commands\">\(runs)</ul>\n"
  }

  /// A time in readable form, with date, hours and minutes.
  private static func time(_ began: String) -> HTML {
    let readable = began.replacing("T", with: " ").replacing("Z", with: " UTC")
    return "<time datetime=\"\(began)\">\(readable)</time>"
  }

  private static func version(_ run: RunRecord) -> String {
    let session = run.sessions.last
    let version = run.version ?? session?.version ?? "unknown"
    return session?.revision.map { "\(version) (revision \($0.prefix(12)))" } ?? version
  }
}
