import RetortFormats

/// A fault in a recipe, with its place.
public struct RecipeFault: Equatable, Sendable {
  /// The place of the fault.
  public var place: Place
  /// The kind of fault.
  public var reason: Reason

  /// A place in a recipe or on the command line.
  public enum Place: Hashable, Sendable {
    /// A line and a column of a file, counted from 1.
    case file(String, line: Int, column: Int)
    /// An override such as `losses.1.weight=0.5`.
    case override(String)
    /// A file as a whole.
    case whole(String)
  }

  /// The kinds of faults, as facts; `description` makes the text.
  public enum Reason: Equatable, Sendable {
    /// The text is not YAML, in the parser's words.
    case notYAML(String)
    /// A tab where YAML allows only spaces.
    case tab
    /// A feature of YAML that recipes do not support.
    case notAllowed(String)
    /// More of something than any recipe needs.
    case tooMany(String, limit: Int)
    /// The file cannot be read.
    case unreadable(FormatError)
    /// No file and no bundled recipe has this name.
    case unknownRecipe(String, nearest: String?)
    /// A recipe extends itself, through these recipes.
    case extendsCycle([String])
    /// The recipe's format has another version.
    case version(found: String)
    /// A map has an unknown key.
    case unknownKey(String, in: String, nearest: String?)
    /// A map lacks a required key.
    case missingKey(String, in: String)
    /// A key occurs twice in one map.
    case duplicateKey(String)
    /// A value has another type.
    case wrongType(String, expected: String, found: String)
    /// A number is outside its range.
    case outOfRange(String, found: String, allowed: String)
    /// A word is not one of the choices.
    case unknownChoice(String, found: String, choices: [String], nearest: String?)
    /// Keys of one map contradict each other.
    case exclusive([String], in: String)
    /// A key has no effect with the value of another, such as `'adam'`.
    case misplacedKey(String, in: String, kind: String, belongsTo: [String])
    /// An override has no `=`.
    case malformedOverride
    /// An override's path does not exist.
    case unknownPath(String, known: [String])
    /// An override's path refers to stages, but the recipe has only one stage; a path that works.
    case noStages(instead: String)
    /// A part of an override's path is both the name of one element and the index of another.
    case ambiguousPath(String)
    /// A key or an override has no value.
    case noValue(String)
    /// An override has no effect on stages with values of their own; paths that have.
    case shadowed(String, in: [String], instead: [String])
    /// An override has no effect on any stage.
    case withoutEffect(String)
    /// An override removes a value that does not exist.
    case nothingToTake(String)
    /// A later override sets the same value.
    case replacedOverride
    /// Every stage replaces a value that it could inherit.
    case unreached(String)
    /// Two stages have the same name.
    case duplicateStage(String)
    /// A loss occurs twice.
    case duplicateLoss(String, in: String)
    /// A name cannot be used as that of a folder.
    case badName(String)
    /// No earlier stage has this name.
    case unknownStage(String, neededBy: String, nearest: String?)
    /// A stage trains another model than the one referred to.
    case wrongModel(String, trains: String, wanted: String)
    /// A value breaks a rule of its type, in that rule's words.
    case rule(String)
    /// A model does not suit its role.
    case wrongRole(String, model: String, role: String, wanted: String)
    /// A part of a stage requires another, which is missing.
    case needs(String, what: String, stage: String)
    /// A part of a stage requires images, but the dataset has none.
    case needsPictures(String, dataset: String)
    /// A model that no part of a stage uses, and a part that would use it.
    case unusedModel(String, stage: String, need: String)
    /// A model that is not trained has no weights.
    case noWeights(String, stage: String)
    /// A stage trains nothing.
    case nothingToTrain(stage: String)
    /// A loss does not apply to the model that is trained.
    case wrongLoss(String, trains: String, stage: String)
  }

  /// A fault with its place.
  public init(_ place: Place, _ reason: Reason) { (self.place, self.reason) = (place, reason) }
}

/// All faults of a recipe.
public struct RecipeErrors: Error, Equatable, Sendable {
  /// The faults, at least one.
  public var faults: [RecipeFault]

  /// An error with the given faults.
  public init(_ faults: [RecipeFault]) { self.faults = faults }
}

extension RecipeErrors: CustomStringConvertible {
  /// One line per fault.
  public var description: String { faults.map(\.description).joined(separator: "\n") }
}
