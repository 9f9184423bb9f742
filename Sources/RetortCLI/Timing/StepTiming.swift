import RetortCore
import RetortTraining

/// The time and memory of one workload's step on one device.
struct StepTiming {
  let name: String
  /// The number of examples per step.
  let batch: Int
  /// The number of kernel launches per step.
  let launches: Int
  /// The device memory besides weights, in bytes.
  let byteCount: Int
  /// The peak of this process's memory above its level before, in bytes.
  let residentByteCount: Int
  /// The seconds from the model's description to the end of the first step.
  let buildSeconds: Double
  /// The number of steps per sample.
  let stepsPerSample: Int
  /// Seconds per step, ascending.
  let samples: [Double]

  /// The median of the samples, in seconds.
  var median: Double { samples[samples.count / 2] }

  /// Builds the step, warms it up and times it.
  ///
  /// - Throws: `ModelError`, `GraphError`, `TrainingError.notFinite` or the device's errors.
  init(_ workload: Workload, batch: Int, repeats: Int, on backend: any Backend) throws {
    let clock = ContinuousClock()
    let began = clock.now
    ResidentMemory.forgetPeak()
    let held = ResidentMemory.now
    let step: any TimedWork =
      workload.isInference
      ? try WorkloadPass(workload, batch: batch, on: backend)
      : try WorkloadStep(workload, batch: batch, isNoisy: true, on: backend)
    func seconds(_ count: Int) throws -> Double {
      let start = clock.now
      for _ in 0..<count { try step.run() }
      try step.finish()
      return (clock.now - start).seconds
    }
    _ = try seconds(1)
    buildSeconds = (clock.now - began).seconds
    let rough = try seconds(3) / 3
    let count = max(3, Int(min(2000, 0.2 / rough)))
    _ = try seconds(count)
    samples = try (0..<repeats).map { _ in try seconds(count) / Double(count) }.sorted()
    try step.check()
    residentByteCount = max(0, ResidentMemory.peak - held)
    (name, self.batch, stepsPerSample) = (workload.name, batch, count)
    (launches, byteCount) = (step.launchCount, step.byteCount)
  }
}
