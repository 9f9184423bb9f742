import RetortCore
import RetortRecipes

extension RecipeRunner {
  /// The device memory that a run of `recipe` takes at its peak, in bytes; nothing is allocated.
  ///
  /// Every step is built and lowered as in the run, so the data and stored weights are read, but for pictures in
  /// files of their own.
  ///
  /// - Throws: As `run`; `RunError.memory` if the device has less.
  public static func memory(of recipe: Recipe, on backend: any Backend) throws -> Int {
    try RecipeRunner(recipe, on: backend, into: ".").rehearsedByteCount()
  }

  /// Refuses a run that cannot fit, before it starts.
  func checkMemory() throws {
    guard session.backend.memoryByteCount != nil else { return }
    _ = try rehearsedByteCount()
  }

  private func rehearsedByteCount() throws -> Int {
    let backend = session.backend
    let meter = MemoryMeter(backend)
    let rehearsal = RecipeRunner(recipe, on: meter, into: folder.path, datasets: datasets)
    for stage in recipe.stages {
      var runner = try StageRunner(stage, rehearsal)
      try runner.rehearse()
    }
    if let available = backend.memoryByteCount, meter.peakByteCount > available {
      throw RunError.memory(
        needed: meter.peakByteCount, available: available, device: backend.name)
    }
    return meter.peakByteCount
  }
}
