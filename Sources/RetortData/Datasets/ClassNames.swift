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
