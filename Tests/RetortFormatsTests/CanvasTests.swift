import RetortFormats
import Testing

@Suite struct CanvasTests {
  /// The canvas as text, `#` for black.
  private func picture(_ canvas: Canvas) -> [String] {
    (0..<canvas.height).map { row in
      String(
        (0..<canvas.width).map { canvas.pixels[row * canvas.width + $0] == 0 ? "#" : "." })
    }
  }

  @Test func textIsDrawn() {
    var canvas = Canvas(width: 13, height: 9)
    canvas.draw("7p", x: 1, y: 1)
    #expect(
      picture(canvas) == [
        ".............",
        ".#####.......",
        ".....#.......",
        "....#..####..",
        "...#...#...#.",
        "..#....####..",
        "..#....#.....",
        "..#....#.....",
        ".............",
      ])
  }

  @Test func textScales() {
    var small = Canvas(width: 5, height: 7)
    small.draw("R", x: 0, y: 0)
    var large = Canvas(width: 15, height: 21)
    large.draw("R", x: 0, y: 0, scale: 3)
    var scaled = Canvas(width: 15, height: 21)
    scaled.draw(small.pixels, width: 5, height: 7, x: 0, y: 0, scale: 3)
    #expect(large == scaled)
    #expect(Canvas.width(of: "abc") == 17)
    #expect(Canvas.width(of: "") == 0)
    #expect(Canvas.textHeight(scale: 2) == 14)
  }

  @Test func whatFallsOutsideIsCutOff() {
    var canvas = Canvas(width: 3, height: 2)
    canvas.fill(x: -5, y: 1, width: 6, height: 9, .black)
    canvas.fill(x: 9, y: 9, width: 1, height: 1, .black)
    canvas.fill(x: 0, y: 0, width: -3, height: 1, .black)
    #expect(picture(canvas) == ["...", "#.."])
    canvas.draw("WWW", x: -2, y: -3, scale: 4)
    canvas.draw([0, 0, 0, 0], width: 2, height: 2, x: 2, y: -1)
    #expect(canvas.pixels[2] == 0)
  }

  @Test func colors() {
    var color = Canvas(width: 2, height: 1, channels: 3, color: .black)
    color.fill(x: 1, y: 0, width: 1, height: 1, .init(red: 1, green: 2, blue: 3))
    #expect(color.pixels == [0, 0, 0, 1, 2, 3])
    color.draw([9], width: 1, height: 1, x: 0, y: 0)
    #expect(color.pixels == [9, 9, 9, 1, 2, 3])
    var grey = Canvas(width: 3, height: 1)
    grey.draw([255, 0, 0, 0, 255, 0, 0, 0, 255], width: 3, height: 1, x: 0, y: 0)
    #expect(grey.pixels == [76, 150, 29])
    for value in 0...255 {
      grey.fill(.init(grey: UInt8(value)))
      #expect(grey.pixels == [UInt8](repeating: UInt8(value), count: 3))
    }
    #expect(color.png == PNGImage(width: 2, height: 1, channels: 3, pixels: color.pixels))
  }

  @Test func theFontIsWhole() {
    let printable = (0x20...0x7E).compactMap { Unicode.Scalar($0).map(Character.init) }
    #expect(printable.count == 95)
    var seen: Set<[UInt8]> = []
    for character in printable {
      let rows = BitmapFont.rows(of: character)
      #expect(rows.count == 7, "\(character)")
      #expect(rows.allSatisfy { $0 < 0x20 }, "\(character)")
      #expect(seen.insert(rows).inserted, "\(character) looks like another")
    }
    #expect(!seen.contains(BitmapFont.rows(of: "é")))
  }
}
