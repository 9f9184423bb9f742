import RetortFormats

/// A chart's data for the page's script, as JSON.
struct ChartData {
  let chart: LineChart
  let curves: [Curve]

  /// A script element with the data, which is not executed.
  var html: HTML {
    "<script type=\"application/json\">\(HTML(markup: Self.harmless(json)))</script>\n"
  }

  private var json: String {
    let curves = zip(chart.series, curves).map { series, curve in
      var members = [
        "\"label\":\(JSONValue.quoted(series.label))", "\"look\":\(series.look)",
        "\"x\":\(Self.list(curve.points.map(\.step)))",
        "\"y\":\(Self.list(curve.points.map(\.value)))",
      ]
      func add(_ name: String, _ values: [Double?]) {
        if values.contains(where: { $0 != nil }) {
          members.append("\"\(name)\":\(Self.list(values))")
        }
      }
      add("seconds", curve.points.map(\.seconds))
      add("spread", curve.points.map(\.spread))
      if curve.points.contains(where: { $0.count > 1 }) {
        members.append("\"runs\":\(Self.list(curve.points.map { Double($0.count) }))")
      }
      return "{" + members.joined(separator: ",") + "}"
    }
    return """
      {"title":\(JSONValue.quoted(chart.title)),"x":\(JSONValue.quoted(chart.xLabel)),\
      "unit":\(JSONValue.quoted(chart.unit)),"scale":"\(chart.scale.rawValue)",\
      "ratios":\(chart.hasRatios),"curves":[\(curves.joined(separator: ","))]}
      """
  }

  private static func list(_ values: [Double?]) -> String {
    "[" + values.map { $0.map(ReportNumber.compact) ?? "null" }.joined(separator: ",") + "]"
  }

  /// The JSON with characters escaped that could end a script or have a meaning in XML; they occur in strings
  /// only.
  private static func harmless(_ json: String) -> String {
    var result = ""
    for scalar in json.unicodeScalars {
      switch scalar.value {
      case 0x26, 0x3C, 0x3E, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069,
        0xFFFE...0xFFFF:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
