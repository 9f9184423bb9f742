import RetortFormats

/// One thing that is wrong with a recipe, and where.
public struct RecipeFault: Equatable, Sendable {
  /// Where it stands.
  public var place: Place
  /// What is wrong.
  public var reason: Reason

  /// A spot in a recipe or on the command line.
  public enum Place: Hashable, Sendable {
    /// A line and a column of a file, counted from 1.
    case file(String, line: Int, column: Int)
    /// An override such as `losses.1.weight=0.5`.
    case override(String)
    /// A file as a whole.
    case whole(String)
  }

  /// The ways in which a recipe can be at fault; facts only, the text is made by `description`.
  public enum Reason: Equatable, Sendable {
    /// The text is not YAML, in the parser's words.
    case notYAML(String)
    /// A tab stands where YAML takes spaces alone.
    case tab
    /// The recipe uses a part of YAML that recipes do without.
    case notAllowed(String)
    /// There is more of something than any recipe has.
    case tooMany(String, limit: Int)
    /// The file cannot be read.
    case unreadable(FormatError)
    /// Neither a file nor a bundled recipe has this name.
    case unknownRecipe(String, nearest: String?)
    /// A recipe extends itself, by way of these.
    case extendsCycle([String])
    /// The recipe is of another version.
    case version(found: String)
    /// A map has a key that it must not have.
    case unknownKey(String, in: String, nearest: String?)
    /// A map lacks a key.
    case missingKey(String, in: String)
    /// A key stands twice in one map.
    case duplicateKey(String)
    /// A value is of another kind.
    case wrongType(String, expected: String, found: String)
    /// A number is outside its range.
    case outOfRange(String, found: String, allowed: String)
    /// A word is none of the choices.
    case unknownChoice(String, found: String, choices: [String], nearest: String?)
    /// Keys of one map contradict each other.
    case exclusive([String], in: String)
    /// A key has no effect with another one's value, such as `'adam'`.
    case misplacedKey(String, in: String, kind: String, belongsTo: [String])
    /// An override does not say what to set.
    case malformedOverride
    /// An override leads to nothing.
    case unknownPath(String, known: [String])
    /// An override speaks of the stages of a recipe that has but one; a path that would do.
    case noStages(instead: String)
    /// A part of an override's path is the name of one element and the place of another.
    case ambiguousPath(String)
    /// A key or an override has no value.
    case noValue(String)
    /// An override does not reach stages that have values of their own; paths that do.
    case shadowed(String, in: [String], instead: [String])
    /// An override reaches no stage.
    case withoutEffect(String)
    /// An override takes away what is not there.
    case nothingToTake(String)
    /// A later override sets the same value.
    case replacedOverride
    /// A value that stages could inherit is replaced by all of them.
    case unreached(String)
    /// Two stages have one name.
    case duplicateStage(String)
    /// A loss stands twice.
    case duplicateLoss(String, in: String)
    /// A name would not do as a folder.
    case badName(String)
    /// No earlier stage has this name.
    case unknownStage(String, neededBy: String, nearest: String?)
    /// A stage trains another player than is wanted.
    case wrongPlayer(String, trains: String, wanted: String)
    /// A value breaks a rule of what it describes, in its words.
    case rule(String)
    /// A model is of no use in this place.
    case wrongRole(String, model: String, role: String, wanted: String)
    /// A part of a stage needs another, which is absent.
    case needs(String, what: String, stage: String)
    /// A part of a stage is for pictures, and the examples of its dataset are none.
    case needsPictures(String, dataset: String)
    /// A player that no part of a stage makes use of, and what would.
    case unusedPlayer(String, stage: String, need: String)
    /// A player takes part without weights.
    case noWeights(String, stage: String)
    /// A stage trains nothing.
    case nothingToTrain(stage: String)
    /// A loss is of no use to the player that is trained.
    case wrongLoss(String, trains: String, stage: String)
  }

  /// A fault at a place.
  public init(_ place: Place, _ reason: Reason) { (self.place, self.reason) = (place, reason) }
}

/// Everything that is wrong with a recipe.
public struct RecipeErrors: Error, Equatable, Sendable {
  /// The faults, at least one.
  public var faults: [RecipeFault]

  /// A report of the given faults.
  public init(_ faults: [RecipeFault]) { self.faults = faults }
}

extension RecipeErrors: CustomStringConvertible {
  /// One line per fault.
  public var description: String { faults.map(\.description).joined(separator: "\n") }
}
