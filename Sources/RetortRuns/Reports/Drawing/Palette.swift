/// The colours, dashes and marks of curves.
///
/// A look combines a colour, a dash and a mark; there are 32 looks, and the first eight have one colour each.
/// Looks are distinguishable with every colour deficiency and in grey: two with the same dash differ in
/// brightness, and two of similar brightness differ in dash. Each colour has a contrast of at least three to
/// one with the background.
enum Palette {
  /// The colours of a light or dark page, as `#rrggbb`.
  struct Theme {
    let paper, panel, ink, faint, line, accent: String
    /// The shading of a confusion matrix's cells, behind text, for correct and wrong predictions.
    let right, wrong: String
    /// The eight colours of curves.
    let series: [String]

    /// The colours as declarations of CSS variables.
    var declarations: String {
      let named = [
        ("paper", paper), ("panel", panel), ("ink", ink), ("faint", faint), ("line", line),
        ("accent", accent), ("right", Theme.triple(right)), ("wrong", Theme.triple(wrong)),
      ]
      let all = named + series.enumerated().map { ("c\($0.offset)", $0.element) }
      return all.map { "--\($0.0): \($0.1);" }.joined(separator: " ")
    }

    /// The components of `#rrggbb` in decimal, for `rgb()` with an alpha value.
    private static func triple(_ color: String) -> String {
      let code = Int(color.dropFirst(), radix: 16) ?? 0
      return "\(code >> 16) \(code >> 8 & 255) \(code & 255)"
    }
  }

  static let light = Theme(
    paper: "#fdfdfc", panel: "#f1f3f6", ink: "#1d2430", faint: "#566071", line: "#dde1e8",
    accent: "#0b5aa8", right: "#8fbdf0", wrong: "#f3b27a",
    series: [
      "#0430bb", "#a42802", "#14a65e", "#d85f9c", "#0496eb", "#b78909", "#592978", "#79181f",
    ])

  static let dark = Theme(
    paper: "#14171c", panel: "#1e232b", ink: "#e7eaf0", faint: "#a3acbb", line: "#333a46",
    accent: "#7fbcf5", right: "#245f9e", wrong: "#8a4a12",
    series: [
      "#437afd", "#e54e06", "#74cc8c", "#fe97cb", "#29ddff", "#f3d50e", "#8e5ab1", "#bb4858",
    ])

  /// The dash patterns in SVG; the empty one is a solid line.
  static let dashes = ["", "9 4", "2 3", "9 3 2 3"]

  /// The number of looks; further curves reuse them.
  static let lookCount = 32

  /// The look of curve `index`.
  static func look(_ index: Int) -> Int { index % lookCount }

  /// The index of a look's colour among the theme's series.
  static func color(_ look: Int) -> Int { look % 8 }

  /// The index of a look's dash; every eight looks combine colours and dashes differently.
  static func dash(_ look: Int) -> Int { (look + look / 8) % dashes.count }

  /// The styles of all looks, with the colours that `color` returns by index.
  static func styles(_ color: (Int) -> String) -> String {
    (0..<lookCount).map { look in
      let dash = dashes[dash(look)]
      let dashed = dash.isEmpty ? "" : " stroke-dasharray: \(dash);"
      return ".c\(look) { color: \(color(Palette.color(look)));\(dashed) }"
    }.joined(separator: "\n")
  }

  /// The mark of a look at a position: a circle, a square, a triangle or a diamond.
  static func mark(_ look: Int, x: Double, y: Double) -> HTML {
    let kind = dash(look)
    guard kind > 0 else {
      return """
        <circle class="dot c\(look)" cx="\(HTML.place(x))" cy="\(HTML.place(y))" r="3.2"/>
        """
    }
    let shape = ["", "h6v6h-6z", "l3.8 6.6h-7.6z", "l4 4l-4 4l-4 -4z"][kind]
    let (dx, dy) = [(0.0, 0.0), (-3.0, -3.0), (0.0, -4.4), (0.0, -4.0)][kind]
    return """
      <path class="dot c\(look)" d="M\(HTML.place(x + dx)) \(HTML.place(y + dy))\(shape)"/>
      """
  }
}
