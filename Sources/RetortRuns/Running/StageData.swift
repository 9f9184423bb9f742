import RetortCore
import RetortData
import RetortRecipes

/// The examples of a stage: what it learns from, what choices are made by, and what it is tested on.
struct StageData {
  let training: ImageDataset
  /// Training examples that were held out; nil for none.
  let validation: ImageDataset?
  let test: ImageDataset

  /// What was read, by folder, so that stages share it.
  final class Cache {
    fileprivate var parts: [String?: FashionMNIST.Parts] = [:]
  }

  var imageShape: Shape { [training.height, training.width, training.channels] }

  /// Loads and selects what a stage asks for.
  ///
  /// - Throws: `DataError` for missing files or impossible selections, `RunError` for a name.
  init(_ spec: DataSpec, seed: UInt64, _ cache: Cache = Cache()) throws {
    guard spec.name == FashionMNIST.name else {
      throw RunError.unknownDataset(spec.name, known: [FashionMNIST.name])
    }
    let parts = try cache.parts[spec.directory] ?? FashionMNIST.load(directory: spec.directory)
    cache.parts[spec.directory] = parts
    var training = parts.training
    let seed = spec.seed ?? seed
    var validation: ImageDataset?
    if spec.validation > 0 {
      let (rest, heldOut) = try training.holdingOut(spec.validation, seed: seed)
      (training, validation) = (rest, heldOut)
    }
    switch spec.selection {
    case .all: break
    case .labelled(let count): training = try training.limited(labelled: count, seed: seed)
    case .longTail(let imbalance):
      training = try training.longTail(imbalance: imbalance, seed: seed)
    case .stepImbalance(let imbalance):
      training = try training.stepImbalance(imbalance, seed: seed)
    }
    guard training.count > 0 else {
      throw DataError.tooFewExamples(wanted: 1, available: 0, className: nil)
    }
    (self.training, self.validation) = (training, validation)
    test = parts.test
  }
}
