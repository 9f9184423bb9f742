import CReport
import FoundationEssentials
import RetortFormats

/// The page's script, in an element that HTML and XML read alike.
enum ReportScript {
  /// The text of the element: JavaScript in which XML looks for no markup.
  static let text = "//<![CDATA[\n" + String(cString: retort_report_script()) + "//]]>"

  /// The element.
  static var html: HTML { HTML(markup: "<script>\(text)</script>\n") }

  /// What a browser may do with the page: run this one script and no other, show pictures that are in
  /// it, and load nothing.
  static let policy: String = {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
      + "script-src 'sha256-\(Data(hash.finish()).base64EncodedString())'"
  }()
}
