import RetortCore
import RetortFormats

extension [String] {
  /// The numbers of items' classes, of which these are the names.
  ///
  /// - Parameters:
  ///   - items: Examples with a label each.
  ///   - label: The name of an item's class.
  ///   - unknown: The error for an item whose label is none of the names, with the nearest of them.
  /// - Throws: That error for the first such item.
  func classNumbers<Item>(
    of items: [Item], label: (Item) -> String, unknown: (Item, [String]) -> DataError
  ) throws(DataError) -> [Int32] {
    let numbers = Dictionary(
      enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    var found: [Int32] = []
    for item in items {
      guard let number = numbers[label(item)] else {
        throw unknown(item, nearestNames(to: label(item), in: self))
      }
      found.append(number)
    }
    return found
  }
}

extension Sequence<String> {
  /// The classes that labels in a table name, each once: by value where all are whole numbers, else by name.
  var classNames: [String] {
    let names = Set(self).sorted()
    let numbers = names.compactMap { Int32($0) }
    guard numbers.count == names.count else { return names }
    return zip(numbers, names).sorted { $0 < $1 }.map(\.1)
  }
}
