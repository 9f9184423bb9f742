extension RecipeFault: CustomStringConvertible {
  /// One line: the place, the fault, and a remedy.
  public var description: String { "\(place): \(reason)" }
}

extension RecipeFault.Place: CustomStringConvertible {
  /// The place in the style of compiler messages.
  public var description: String {
    switch self {
    case .file(let path, let line, let column): "\(path):\(line):\(column)"
    case .override(let text): "--set \(text)"
    case .whole(let path): path
    }
  }
}

extension RecipeFault.Reason: CustomStringConvertible {
  /// The fault and a remedy.
  public var description: String {
    switch self {
    case .notYAML(let words): "not YAML: \(words)"
    case .tab: "a tab stands here. YAML takes spaces alone before a key; use some."
    case .notAllowed(let what): "\(what) are not read in recipes. Write the value out."
    case .tooMany(let what, let limit):
      "there are more than \(limit) \(what). Check that this is a recipe, or split it."
    case .unreadable(let error): "\(error)"
    case .unknownRecipe(let name, let nearest):
      "there is neither a file nor a bundled recipe '\(name)'" + suggestion(nearest)
        + (nearest == nil ? ". See 'retort list'." : "")
    case .extendsCycle(let chain): "recipes extend each other: \(chain.joined(separator: " → "))"
    case .version(let found): "version '\(found)' is not known; this program reads version 1"
    case .unknownKey(let key, let map, let nearest):
      "unknown key '\(key)' in \(quoted(map))" + suggestion(nearest)
    case .missingKey(let key, let map): "\(quoted(map)) lacks '\(key)'"
    case .duplicateKey(let key): "key '\(key)' stands twice in one map. Keep one."
    case .wrongType(let path, let expected, let found):
      "\(quoted(path)) must be \(expected), not \(found)"
    case .outOfRange(let path, let found, let allowed):
      "\(quoted(path)) is \(found); it must be \(allowed)"
    case .unknownChoice(let path, let found, let choices, let nearest):
      "\(quoted(path)) is '\(found)'; it must be \(choices.listed("or"))" + suggestion(nearest)
    case .exclusive(let keys, let map):
      "\(keys.map(quoted).listed("and")) exclude each other in \(quoted(map)). Keep one."
    case .misplacedKey(let key, let map, let kind, let owners):
      "'\(key)' in \(quoted(map)) means nothing with \(kind); it goes with \(owners.listed("or"))"
    case .malformedOverride: "an override is PATH=VALUE, such as losses.1.weight=0.5"
    case .unknownPath(let part, let known):
      "there is no '\(part)'"
        + (known.isEmpty ? "" : "; there is \(known.listed("and"))")
    case .noStages(let path): "there is no 'stages'. Set \(path)."
    case .ambiguousPath(let part):
      "'\(part)' is one element's name and another's place. Rename the one, or set all with '*'."
    case .noValue(let path):
      "\(quoted(path)) has no value. Write one, or null to take away what there is."
    case .shadowed(let path, let stages, let paths):
      "\(quoted(path)) does not reach stage\(stages.count == 1 ? "" : "s") "
        + "\(stages.map(quoted).listed("and")), with a value of \(stages.count == 1 ? "its" : "their") "
        + "own. Set \(paths.listed("or"))."
    case .withoutEffect(let path):
      "\(quoted(path)) changes nothing: it reaches no stage. Take it out."
    case .nothingToTake(let path): "there is no \(quoted(path)) to take away"
    case .replacedOverride: "a later override sets the same. Keep one."
    case .unreached(let path):
      "\(quoted(path)) reaches no stage: each has a value of its own. Take it out."
    case .duplicateStage(let name): "two stages are called '\(name)'. Rename one."
    case .duplicateLoss(let kind, let map):
      "two losses of \(quoted(map)) are called '\(kind)'. Give one a 'name'."
    case .badName(let name):
      "'\(name)' is no name: letters, digits, '-', '_' and '.' only, no '.' in front"
    case .unknownStage(let name, let stage, let nearest):
      "stage '\(stage)' takes weights from '\(name)', but no earlier stage is called so"
        + suggestion(nearest)
    case .wrongModel(let name, let trains, let wanted):
      "stage '\(name)' trains a \(trains), which cannot be a \(wanted)"
    case .rule(let message): message
    case .wrongRole(let path, let model, let role, let wanted):
      "\(quoted(path)) needs a \(wanted), but model '\(model)' is a \(role)"
    case .needs(let part, let what, let stage):
      "\(part) of stage '\(stage)' needs \(what). Add it."
    case .needsPictures(let part, let dataset):
      "\(part) is for pictures, which the examples of '\(dataset)' are not. Take it out."
    case .unusedModel(let role, let stage, let need):
      "the \(role) of stage '\(stage)' is of no use without \(need). Take it out."
    case .noWeights(let role, let stage):
      "the \(role) of stage '\(stage)' has no weights. Add 'weights: FILE' or 'from: STAGE'."
    case .nothingToTrain(let stage):
      "stage '\(stage)' trains nothing. Add a student, a generator or a teacher."
    case .wrongLoss(let kind, let trains, let stage):
      "loss '\(kind)' cannot train the \(trains) of stage '\(stage)'"
    }
  }

  private func quoted(_ path: String) -> String { path.isEmpty ? "the recipe" : "'\(path)'" }

  private func suggestion(_ nearest: String?) -> String {
    nearest.map { ". Did you mean '\($0)'?" } ?? ""
  }
}
