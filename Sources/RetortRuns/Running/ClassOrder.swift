/// How the classes that a classifier tells apart relate to those that examples have, as many of them.
enum ClassOrder: Equatable {
  /// They are the same in the same order; or one side calls them by their numbers, and nothing is known.
  case same
  /// They have the same names in another order.
  case other
  /// They have other names.
  case otherNames

  /// Compares the names of a classifier's classes with those of examples, by class number.
  init(of classifier: [String], beside examples: [String]) {
    let numbers = examples.indices.map { "\($0)" }
    guard classifier != examples, classifier != numbers, examples != numbers else {
      self = .same
      return
    }
    let names = Set(classifier)
    self = names.count == examples.count && names == Set(examples) ? .other : .otherNames
  }
}

extension [String] {
  /// The first names of a list, as messages have them.
  var shortList: String {
    count <= 12
      ? joined(separator: ", ") : prefix(10).joined(separator: ", ") + " and \(count - 10) more"
  }
}
