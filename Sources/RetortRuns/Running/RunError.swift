import RetortNN
import RetortSchema

/// What stops a run before or between its stages.
public enum RunError: Error, Equatable, Sendable {
  /// A teacher that is worse than its recipe expects.
  case weakTeacher(
    stage: String, teacher: String, key: String, accuracy: Double, expected: Double)
  /// A model gives NaN or infinity for examples of a split: `training`, `validation` or `test`.
  case outputsNotFinite(stage: String, model: String, split: String)
  /// A search made NaN or infinity of finite pictures, at a point of it such as `step 2`.
  case searchNotFinite(stage: String, point: String)
  /// Weights that were trained as another model than the recipe takes them for; the first entry that
  /// differs.
  case otherModel(
    stage: String, model: String, file: String, entry: String, stored: String, given: String)
  /// Weights of a teacher that tells other classes apart than the data have.
  case otherClasses(stage: String, WeightError)
  /// Two trained models that tell the same classes apart and number them otherwise.
  case otherOrder(stage: String, models: [String])
  /// Weights, in a file or of an earlier stage, that were trained on texts in other tokens than the data's.
  case otherTokens(stage: String, model: String, source: String)
  /// A student that is to take over its teacher's last layer, where there is none that it can.
  case noClassifierToTake(stage: String, model: String)
  /// Neither the examples nor the teacher say what classes there are.
  case unknownClasses(stage: String, model: String)
  /// A generator's stage refers to a model that cannot decode.
  case notAGenerator(stage: String, model: String)
  /// A tokenizer that puts no token before and behind every text, where texts are made.
  case unframedTexts(stage: String)
  /// A dataset of other examples than pictures where pictures are needed.
  case noPictures(stage: String, dataset: String)
  /// No stage of the recipe explores, or none of that name.
  case nothingToExplore(stage: String?, recipe: String)
  /// A stage with fewer examples than can be compared.
  case tooFewToCompare(stage: String, found: Int, least: Int)
  /// A stage whose new examples are texts, where they are to be drawn.
  case textsAreNotDrawn(stage: String)
  /// A run needs more device memory than there is.
  case memory(needed: Int, available: Int, device: String)
  /// A stage with no model to train.
  case nothingToTrain(stage: String)
  /// A stage that nothing earlier in the run provides.
  case missingStage(String, neededBy: String)
  /// A new run would write into the folder of another.
  case folderTaken(String)
  /// Another process runs in the folder.
  case folderInUse(String)
  /// There is no run in the folder that could go on.
  case noRun(String)
  /// The run in the folder is of another recipe; the first entry that differs.
  case otherRecipe(folder: String, stage: String?, stored: String, given: String)
  /// The run in the folder was begun by a version of Retort that writes the same recipe otherwise; an
  /// entry that differs.
  case otherVersion(folder: String, entry: String)
  /// The epochs of a stage come to more steps than a run can count.
  case tooManySteps(stage: String, steps: Int, limit: Int)
  /// A model whose last layer has no weights of classes that could be normalised.
  case noLinearClassifier(stage: String, model: String)
  /// The mean of the weights would begin after the last step.
  case lateAverage(stage: String, from: Int, steps: Int)
  /// A file of weights is not what it was when the run began.
  case changedWeights(String, folder: String)
}

extension RunError: CustomStringConvertible {
  /// One line: what, where, and the way out.
  public var description: String {
    switch self {
    case .weakTeacher(let stage, let teacher, let key, let accuracy, let expected):
      "stage '\(stage)': the \(teacher)'s test accuracy is \(percent(accuracy)), below the expected "
        + "\(percent(expected)); train it longer, or lower \(key).expected-accuracy"
    case .outputsNotFinite(let stage, let model, let split):
      "stage '\(stage)': the \(model)'s outputs on the \(split) set are not finite; its weights are "
        + "damaged or diverged: train it again with a lower learning rate"
    case .searchNotFinite(let stage, let point):
      "stage '\(stage)': what the search has found at '\(point)' is not finite; make its steps smaller or "
        + "fewer, or its noise less"
    case .otherModel(let stage, let model, let file, let entry, let stored, let given):
      "stage '\(stage)': the weights in \(file) are of a model with '\(entry): \(stored)', and the recipe's "
        + "\(model) has '\(entry): \(given)'; make them alike"
    case .otherClasses(let stage, let error):
      "stage '\(stage)': \(error). If they tell other classes apart than the data have, say how many, as in "
        + "'classes: 1000', and compare features alone, such as by the loss hint"
    case .otherOrder(let stage, let models):
      "stage '\(stage)': \(models.listed("and")) have the same classes in different orders; take models that "
        + "agree, or distil from one at a time"
    case .otherTokens(let stage, let model, let source):
      "stage '\(stage)': the \(model)'s weights, of \(source), were trained on other tokens than those of "
        + "the data; give both the same 'vocabulary' and 'lowercase'"
    case .unknownClasses(let stage, let model):
      "stage '\(stage)': neither the examples nor teacher '\(model)' say what classes there are; take weights "
        + "with a config.json beside them, or put the pictures of each class into a folder of its name"
    case .notAGenerator(let stage, let model):
      "stage '\(stage)': model '\(model)' is no generator; use one with an encoder and a decoder, "
        + "such as conv-vae, of texts denoising-transformer"
    case .unframedTexts(let stage):
      "stage '\(stage)': the tokenizer puts no token in front of every text and one behind it, by which a "
        + "generator knows where texts begin and end; take one that does, such as BERT's [CLS] and [SEP]"
    case .noPictures(let stage, let dataset):
      "stage '\(stage)' needs pictures, which the examples of '\(dataset)' are not; leave out its "
        + "generator and its exploration"
    case .textsAreNotDrawn(let stage):
      "stage '\(stage)' explores texts, and 'explore' draws pictures alone; 'retort run' says what its search "
        + "is worth"
    case .nothingToExplore(let stage, let recipe):
      (stage.map { "stage '\($0)' of recipe '\(recipe)' does" } ?? "recipe '\(recipe)' does")
        + " not explore; give it an 'explore' block"
    case .tooFewToCompare(let stage, let found, let least):
      "stage '\(stage)' has \(found) training or test examples to compare, and bounds need \(least) of each; "
        + "take more with 'data', or drop --bounds"
    case .nothingToTrain(let stage):
      "stage '\(stage)' trains nothing; add a student, a generator or a teacher"
    case .missingStage(let name, let stage):
      "stage '\(stage)' needs the weights of stage '\(name)', which has not run; "
        + "run the recipe first, or give 'weights' instead of 'from'"
    case .memory(let needed, let available, let device):
      "the run needs \(mebibytes(needed)) of device memory, and \(device) has "
        + "\(mebibytes(available)); use a smaller batch or model, or another device"
    case .folderTaken(let folder):
      "\(folder) holds a run already; choose another folder with --output, or go on with it: "
        + "retort run \(folder.shellWord) --resume"
    case .folderInUse(let folder):
      "another process runs in \(folder); wait for its end, or choose another folder with --output"
    case .noRun(let folder):
      "there is no run in \(folder) to go on with; start it without --resume, or name its folder "
        + "with --output"
    case .otherRecipe(let folder, let stage, let stored, let given):
      "the run in \(folder) is of another recipe: it has '\(stored)' where this one has '\(given)'"
        + (stage.map { " in stage '\($0)'" } ?? "")
        + "; choose another --output, or go on as it began: retort run \(folder.shellWord) --resume"
    case .otherVersion(let folder, let entry):
      "the run in \(folder) was begun by another version of Retort, as '\(entry)' of its recipe "
        + "shows; end it with that version, or start it again with another --output"
    case .tooManySteps(let stage, let steps, let limit):
      "stage '\(stage)' has \(steps) steps, more than the limit of \(limit); train fewer epochs, or "
        + "with a larger batch"
    case .noLinearClassifier(let stage, let model):
      "stage '\(stage)': 'tau-normalize' and 'logit-adjust' are of a last layer that is linear and learns, with a "
        + "bias, which model '\(model)' has not; leave it out, or take a model of the catalog without 'cosine' or 'projector'"
    case .noClassifierToTake(let stage, let model):
      "stage '\(stage)': model '\(model)' takes over the classifier of its one teacher, which has to be a linear "
        + "layer with a bias; name one teacher of the catalog, or leave 'projector' out"
    case .lateAverage(let stage, let from, let steps):
      "stage '\(stage)' has \(steps) steps, and 'optimizer.average.from' is \(from); let the mean "
        + "begin earlier, or train longer"
    case .changedWeights(let path, let folder):
      "\(path) has changed since the run in \(folder) began, so it cannot go on as it would have; "
        + "put the file back, or start a run of its own with --output"
    }
  }

  private func mebibytes(_ byteCount: Int) -> String { "\(byteCount >> 20) MiB" }

  private func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %"
  }
}
