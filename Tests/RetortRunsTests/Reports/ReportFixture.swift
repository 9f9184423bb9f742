import Foundation
import FoundationXML
import RetortRuns
import RetortTestSupport
import Testing

/// Pages about runs with given files.
enum ReportFixture {
  /// The page about a run with these files.
  static func page(_ files: [String: String]) throws -> String {
    var page = ""
    try RunFiles.withFolder(files) { page = RunReport([try RunRecord($0)]).html }
    return page
  }

  /// The texts between the tags of a page but for its scripts, joined; fails where it is no well-formed
  /// XML.
  static func text(
    of page: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    final class Texts: NSObject, XMLParserDelegate {
      var text = ""
      private var isScript = false
      func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
      ) { isScript = element == "script" }
      func parser(
        _ parser: XMLParser, didEndElement element: String, namespaceURI: String?,
        qualifiedName: String?
      ) { isScript = false }
      func parser(_ parser: XMLParser, foundCharacters string: String) {
        if !isScript { text += string }
      }
    }
    let parser = XMLParser(data: Data(page.utf8))
    let texts = Texts()
    parser.delegate = texts
    #expect(
      parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))",
      sourceLocation: sourceLocation)
    return texts.text
  }
}
