import CReport
import FoundationEssentials
import RetortFormats

/// The page's script, in an element that is valid in HTML and XML.
enum ReportScript {
  /// The content of the element: JavaScript in a CDATA section.
  static let text = "//<![CDATA[\n" + String(cString: retort_report_script()) + "//]]>"

  /// The element.
  static var html: HTML { HTML(markup: "<script>\(text)</script>\n") }

  /// The page's content security policy: it permits this script only, embedded images, and no loading.
  static let policy: String = {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
      + "script-src 'sha256-\(Data(hash.finish()).base64EncodedString())'"
  }()
}
