import RetortCore
import RetortFormats

/// Pictures of a search: a row per step, the opinions of teacher and student under each picture.
struct ExplorationGrid {
  /// One step of the search over all parents.
  struct Row {
    let title: String
    /// `[count, height, width, channels]` in [0, 1].
    let pixels: [Float]
    /// Probabilities, `[count, classes]`.
    let teacher: [Float], student: [Float]
    /// `[count]`.
    let divergence: [Float]

    /// The means over all examples.
    func figures(_ classes: Int) -> ExplorationReport.Step {
      let count = divergence.count
      var (teacherSum, studentSum, same) = (0.0, 0.0, 0)
      for index in 0..<count {
        let t = Row.best(teacher[index * classes..<(index + 1) * classes])
        let s = Row.best(student[index * classes..<(index + 1) * classes])
        teacherSum += Double(t.probability)
        studentSum += Double(s.probability)
        same += t.index == s.index ? 1 : 0
      }
      let all = Double(max(1, count))
      return .init(
        divergence: divergence.reduce(0) { $0 + Double($1) } / all,
        teacherConfidence: teacherSum / all, studentConfidence: studentSum / all,
        agreement: Double(same) / all)
    }

    static func best(_ row: ArraySlice<Float>) -> (index: Int, probability: Float) {
      var best = row.startIndex
      for index in row.indices where row[index] > row[best] { best = index }
      return (best - row.startIndex, row.isEmpty ? 0 : row[best])
    }
  }

  let rows: [Row]
  let shown: Int
  let image: Shape
  let classNames: [String]
  private let scale = 3
  private let margin = 6

  /// The grid as a picture.
  func drawn() -> PNGImage {
    let (height, width, channels) = (image[0], image[1], image[2])
    let cellWidth = max(width * scale, 84) + margin
    let textHeight = Canvas.textHeight() + 3
    let cellHeight = height * scale + 2 * textHeight + margin
    let left = 96
    let grey = channels == 1
    var canvas = Canvas(
      width: left + shown * cellWidth, height: margin + rows.count * cellHeight,
      channels: grey ? 1 : 3)
    for (line, row) in rows.enumerated() {
      let y = margin + line * cellHeight
      canvas.draw(row.title, x: margin, y: y + height * scale / 2)
      let means = row.figures(classNames.count)
      canvas.draw("D \(short(means.divergence))", x: margin, y: y + height * scale / 2 + textHeight)
      for column in 0..<shown {
        let x = left + column * cellWidth
        canvas.draw(pixels(row, column), width: width, height: height, x: x, y: y, scale: scale)
        let below = y + height * scale + 2
        canvas.draw("T " + opinion(row.teacher, column), x: x, y: below)
        canvas.draw("S " + opinion(row.student, column), x: x, y: below + textHeight)
      }
    }
    return canvas.png
  }

  /// The shown examples, each along its search.
  ///
  /// - Throws: `FormatError` if a picture cannot be encoded.
  func samples() throws(FormatError) -> [[ExplorationReport.Sample]] {
    try (0..<shown).map { column throws(FormatError) in
      try rows.map { row throws(FormatError) in
        .init(
          title: row.title,
          picture: try PNGImage(
            width: image[1], height: image[0], channels: image[2], pixels: pixels(row, column)
          ).encoded(),
          teacher: opinions(row.teacher, column), student: opinions(row.student, column),
          divergence: Double(row.divergence[column]))
      }
    }
  }

  private func pixels(_ row: Row, _ column: Int) -> [UInt8] {
    row.pixels[column * image.count..<(column + 1) * image.count].map {
      UInt8(max(0, min(1, $0)) * 255)
    }
  }

  /// The three likeliest classes.
  private func opinions(_ probabilities: [Float], _ column: Int) -> [ExplorationReport.Opinion] {
    let start = column * classNames.count
    return classNames.indices.map { (name: classNames[$0], value: probabilities[start + $0]) }
      .sorted { $0.value > $1.value }.prefix(3)
      .map { .init(name: $0.name, probability: Double($0.value)) }
  }

  private func opinion(_ probabilities: [Float], _ column: Int) -> String {
    let classes = classNames.count
    let best = Row.best(probabilities[column * classes..<(column + 1) * classes])
    let percent = best.probability.isFinite ? "\(Int((best.probability * 100).rounded()))" : "-"
    return "\(classNames[best.index].prefix(8)) \(percent)"
  }

  private func short(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    let thousandths = Int((value * 1000).rounded())
    let digits = "\(abs(thousandths) % 1000)"
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
  }
}
