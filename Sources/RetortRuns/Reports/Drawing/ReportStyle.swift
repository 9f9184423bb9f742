import CReport

/// The style sheets of the report, for light, dark and print.
enum ReportStyle {
  /// The style sheet of a page.
  static let text = """

    :root { color-scheme: light dark; \(Palette.light.declarations) }
    @media screen and (prefers-color-scheme: dark) {
      :root:not([data-theme=light]) { \(Palette.dark.declarations) }
    }
    @media screen {
      :root[data-theme=light] { color-scheme: light; }
      :root[data-theme=dark] { color-scheme: dark; \(Palette.dark.declarations) }
    }
    @media print { :root { color-scheme: light; } }
    \(chart { "var(--\($0))" } series: { "var(--c\($0))" })
    \(String(cString: retort_report_style()))
    """

  /// The style sheet of a separate SVG drawing, without variables, which drawing programs do not support.
  static let drawing = """

    svg { font-family: "DejaVu Sans", sans-serif; }
    .title { font-size: 15px; font-weight: 600; fill: \(Palette.light.ink); }
    .name { font-size: 12px; fill: \(Palette.light.ink); }
    \(chart { ["line": Palette.light.line][$0] ?? Palette.light.faint } series: {
      Palette.light.series[$0]
    })

    """

  /// The style of charts, with the colours that `color` returns by name and `series` by index.
  private static func chart(
    _ color: (String) -> String, series: (Int) -> String
  ) -> String {
    """
    .grid { stroke: \(color("line")); fill: none; }
    .axis { fill: \(color("faint")); font-size: 13px; }
    .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
    .dot { fill: currentColor; stroke: none; }
    .band { fill: currentColor; stroke: none; opacity: .18; }
    .whisker { stroke: currentColor; stroke-dasharray: none !important; opacity: .6; }
    \(Palette.styles(series))
    """
  }
}
