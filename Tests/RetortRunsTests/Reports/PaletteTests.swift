import Testing

@testable import RetortRuns

/// Whether curves can be told apart by everybody: colours as people with colour deficiencies see them,
/// in grey, and before their paper.
@Suite struct PaletteTests {
  struct Page: Sendable, CustomTestStringConvertible {
    let name: String
    let theme: Palette.Theme
    var testDescription: String { name }
  }

  static let pages = [
    Page(name: "light", theme: Palette.light), Page(name: "dark", theme: Palette.dark),
  ]

  @Test(arguments: pages) func curvesStandOutFromTheirPaper(_ page: Page) {
    for color in page.theme.series {
      #expect(VisibleColor(color).contrast(with: VisibleColor(page.theme.paper)) >= 3, "\(color)")
    }
    // The first two are letters too, and so are the rest of these.
    let theme = page.theme
    for (text, paper) in [
      (theme.series[0], theme.paper), (theme.series[1], theme.paper), (theme.ink, theme.paper),
      (theme.ink, theme.panel), (theme.faint, theme.paper), (theme.faint, theme.panel),
      (theme.accent, theme.paper), (theme.ink, theme.right), (theme.ink, theme.wrong),
    ] {
      let contrast = VisibleColor(text).contrast(with: VisibleColor(paper))
      #expect(contrast >= 4.5, "\(text) on \(paper): \(contrast)")
    }
  }

  @Test(arguments: pages, VisibleColor.Sight.allCases)
  func coloursStayApart(_ page: Page, _ sight: VisibleColor.Sight) {
    let colors = page.theme.series.map { VisibleColor($0).seen(by: sight) }
    for i in colors.indices {
      for j in colors.indices where i < j {
        let distance = colors[i].distance(to: colors[j])
        let isOneDash = Palette.dash(i) == Palette.dash(j)
        if sight != .grey {
          // Just noticed is 1; a glance tells 9.
          #expect(distance >= (isOneDash ? 20 : 9), "\(i) and \(j): \(distance)")
          if j < 4 { #expect(distance >= 18, "\(i) and \(j): \(distance)") }
        } else if isOneDash {
          #expect(abs(colors[i].lightness - colors[j].lightness) >= 20, "\(i) and \(j)")
        }
      }
    }
  }

  @Test func looksAreColoursWithDashes() {
    let looks = (0..<Palette.lookCount).map { "\(Palette.color($0)) \(Palette.dash($0))" }
    #expect(Set(looks).count == Palette.lookCount)
    #expect(Set((0..<4).map(Palette.dash)).count == 4)
    #expect(Palette.look(Palette.lookCount + 3) == 3)
  }
}
