/// How the report looks: one style sheet for light, dark and paper.
enum ReportStyle {
  /// The style sheet.
  static let text = """

    :root { color-scheme: light dark; --panel: #f3f4f7; --accent: #0b63b0; --right: 11 99 176;
      --wrong: 196 78 20; \(light.map { "--\($0.key): \($0.value);" }.joined(separator: " ")) }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #14171c; --ink: #e7eaf0; --faint: #a0a9b8; --line: #323945;
        --panel: #1d222a; --accent: #6db3f2; --right: 80 150 220; --wrong: 235 130 75;
        --c0: #6db3f2; --c1: #f2935c; --c2: #4fc79b; --c3: #e28ccb; --c4: #d9b44a; --c5: #a49bff;
        --c6: #5fc4d6; --c7: #a0a9b8; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 84rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 3rem;
      background: var(--paper); color: var(--ink);
      font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
    .brand { margin: 0; color: var(--accent); font-weight: 600; letter-spacing: .06em; }
    h1 { margin: 0; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
    h2 { margin: 2.5rem 0 .75rem; font-size: 1.35rem; }
    h3 { margin: 1.5rem 0 .5rem; font-size: 1.05rem; }
    .lead { margin: .5rem 0 0; max-width: 60rem; font-size: 1.1rem; }
    .note, footer { color: var(--faint); max-width: 60rem; }
    footer { margin-top: 3rem; border-top: 1px solid var(--line); font-size: .875rem;
      overflow-wrap: anywhere; }
    .scroll { overflow-x: auto; }
    .scroll:focus-visible { outline: 2px solid var(--accent); }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
    th, td { padding: .35rem .6rem; text-align: right; }
    th[scope=row], .word { text-align: left; }
    thead th { color: var(--faint); font-weight: 500; vertical-align: bottom; }
    tbody tr { border-top: 1px solid var(--line); }
    .results th[scope=row] { white-space: nowrap; font-weight: 500; }
    .results thead th:nth-child(-n+2) { text-align: left; }
    .results td { white-space: nowrap; }
    .results th, .results td { padding: .35rem .45rem; }
    .best { background: var(--panel); }
    .best td:nth-of-type(2) b { color: var(--accent); }
    .charts { display: grid; gap: 1rem 1.5rem;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
    figure { margin: 0; }
    figcaption { font-weight: 500; margin-bottom: .25rem; }
    svg { display: block; width: 100%; height: auto; overflow: visible; }
    \(chart { "var(--\($0))" })
    .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 .75rem;
      padding: 0; list-style: none; font-size: .9rem; }
    .key { display: inline-block; width: 28px; height: 8px; margin-right: .4rem; }
    details { border-top: 1px solid var(--line); padding: .5rem 0; }
    summary { cursor: pointer; font-weight: 500; padding: .25rem 0; }
    summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    .pair { display: grid; gap: 1.5rem;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
    .pair .wide { grid-column: span 2; }
    @media (max-width: 60rem) { .pair { grid-template-columns: 100%; }
      .pair .wide { grid-column: auto; } }
    .confusion { font-size: .8rem; }
    .confusion td { min-width: 2.6rem; text-align: center; padding: .3rem .2rem; }
    .confusion th { font-weight: 500; padding: .2rem .4rem; white-space: nowrap; }
    .confusion thead th { text-align: left; }
    .confusion thead th span { display: inline-block; writing-mode: vertical-rl;
      transform: rotate(180deg); }
    .confusion tbody tr { border: 0; }
    .right { background: rgb(var(--right) / var(--share)); }
    .wrong { background: rgb(var(--wrong) / var(--share)); }
    .strong { color: #fff; }
    .square { max-width: 22rem; }
    .bar { fill: var(--c0); } .gap { fill: var(--c1); opacity: .45; }
    .count { fill: var(--c7); } .diagonal { stroke: var(--faint); stroke-dasharray: 4 3; }
    .samples { font-size: .75rem; }
    .samples tbody tr { border: 0; }
    .samples th { font-weight: 500; vertical-align: top; padding-left: 0; white-space: nowrap; }
    .samples td { width: 6.9rem; min-width: 6.9rem; padding: .35rem; text-align: left;
      vertical-align: top; }
    .samples .differs { box-shadow: inset 0 0 0 2px var(--c1); border-radius: 6px; }
    .samples img { display: block; width: 84px; height: auto; image-rendering: pixelated;
      border-radius: 3px; }
    .opinion { display: grid; grid-template-columns: .9rem 1fr auto; align-items: baseline;
      line-height: 1.35; color: var(--faint);
      background: linear-gradient(90deg, var(--line) var(--share), transparent 0); }
    .opinion span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .opinion i { font-style: normal; font-variant-numeric: tabular-nums; }
    .first { color: var(--ink); }
    div.t { margin-top: .25rem; } div.s { margin-top: .2rem; }
    b.t { color: var(--c0); } b.s { color: var(--c1); }
    .d { color: var(--faint); }
    pre { overflow-x: auto; padding: 1rem; background: var(--panel); border-radius: 6px;
      font: .85rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
    @media print { body { max-width: none; } details > * { display: block; } }

    """

  /// The style of a drawing in a file of its own: no variables, which drawing programs do not know.
  static let drawing = """

    svg { font-family: "DejaVu Sans", sans-serif; }
    .title { font-size: 15px; font-weight: 600; fill: \(lightColor("ink")); }
    .name { font-size: 12px; fill: \(lightColor("ink")); }
    \(chart(lightColor))

    """

  /// The colours of charts on light paper, by name.
  private static let light: KeyValuePairs = [
    "paper": "#fdfdfc", "ink": "#1d2430", "faint": "#5d6675", "line": "#dfe2e8",
    "c0": "#0b63b0", "c1": "#c44e14", "c2": "#0a7d5a", "c3": "#a03a86", "c4": "#8a6a00",
    "c5": "#5a4fcf", "c6": "#1b8296", "c7": "#5d6675",
  ]

  /// One of them; it must exist.
  static func lightColor(_ name: String) -> String {
    guard let color = light.first(where: { $0.key == name }) else {
      preconditionFailure("there is no colour '\(name)'")
    }
    return color.value
  }

  /// The style of charts, in colours that are called by name.
  private static func chart(_ color: (String) -> String) -> String {
    let dashes = ["", "7 3", "2 3", "", "7 3", "2 3", "", "7 3"]
    let curves = dashes.enumerated().map { index, dash in
      let dashed = dash.isEmpty ? "" : " stroke-dasharray: \(dash);"
      return ".c\(index) { color: \(color("c\(index)"));\(dashed) }"
    }
    return """
      .grid { stroke: \(color("line")); fill: none; }
      .axis { fill: \(color("faint")); font-size: 12px; }
      .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
      .dot { fill: currentColor; }
      .whisker { stroke: currentColor; stroke-dasharray: none !important; opacity: .5; }
      \(curves.joined(separator: "\n"))
      """
  }
}
