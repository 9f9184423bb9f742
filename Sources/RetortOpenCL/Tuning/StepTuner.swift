import RetortCore

/// A contraction to tune: a step of a plan, with its key.
package struct TuningTarget {
  /// The key that the choice is stored under.
  package let key: TuningKey
  let step: Step
  let plan: Plan
}

/// The outcome of a search for one contraction.
package struct TuningResult {
  /// The fastest choice; the default where nothing else was fast enough.
  package let choice: TuningChoice
  /// Seconds of the default and of the choice, medians of runs that took turns.
  package let defaultSeconds, bestSeconds: Double
  /// How many choices were tried, besides the default.
  package let trialCount: Int
  /// Choices that did not run or gave a wrong result, with the reason.
  package let rejected: [(choice: TuningChoice, reason: String)]
}

/// Searches the fastest choice for single steps of plans on one device.
///
/// A search decides one thing after the other. Each candidate's result is compared with the
/// default's before it is timed, in turns with the best so far; at the end the best and the default
/// take turns once more, for longer. Operands stay where they are between runs, as near to the
/// cores as they fit. A candidate that takes long when it is timed first is timed no more.
package struct StepTuner {
  private let device: OpenCLDevice
  private let form: KernelForm
  private let sampleLimit: Double
  private let isCancelled: () -> Bool

  /// A tuner of a device's kernels in one form.
  ///
  /// - Parameters:
  ///   - sampleLimit: Seconds that one sample of a time may take.
  ///   - isCancelled: Asked before every candidate; true ends the search without a result.
  package init(
    device: OpenCLDevice, form: KernelForm, sampleLimit: Double = 1,
    isCancelled: @escaping () -> Bool = { false }
  ) {
    (self.device, self.form) = (device, form)
    (self.sampleLimit, self.isCancelled) = (sampleLimit, isCancelled)
  }

  /// The steps of `plans` that can be tuned, one for each key, in their order.
  package func targets(in plans: [Plan]) -> [TuningTarget] {
    var seen: Set<TuningKey> = []
    return plans.flatMap { plan in
      let lowering = Lowering(plan, device: device.limits, form: form)
      return plan.steps.compactMap { step -> TuningTarget? in
        guard let key = lowering.tuningKey(of: step), seen.insert(key).inserted else { return nil }
        return TuningTarget(key: key, step: step, plan: plan)
      }
    }
  }

  /// Searches; nil if it was cancelled.
  ///
  /// - Throws: The device's error for the default; candidates that fail are rejected.
  package func tune(_ target: TuningTarget) throws -> TuningResult? {
    // Its own context, so that the programs of candidates go when the search ends.
    let context = try OpenCLContext(device)
    _ = Capabilities.of(context)
    let lowering = Lowering(target.plan, device: context.limits, form: form)
    let trial = try StepTrial(target.step, target.key, lowering, in: context)
    let contest = try TuningContest(trial, sampleLimit: sampleLimit)
    if let tooSlow = contest.tooSlow { return tooSlow }
    var best = contest.standard
    for (rank, search) in lowering.searches(for: target.step).enumerated() {
      let first = rank == 0 ? contest.standard : try contest.candidate(search.base)
      guard var leader = first else { continue }
      for level in search.decisions(search.base).indices {
        let options = search.decisions(leader.choice)
        guard level < options.count else { break }
        // The first option is the leader's own.
        let candidates = options[level].dropFirst().map {
          search.base.merging(leader.choice).merging($0)
        }
        trial.prepare(candidates)
        for choice in candidates {
          if isCancelled() { return nil }
          guard let candidate = try contest.candidate(choice) else { continue }
          leader = try contest.faster(candidate, leader)
        }
      }
      if rank > 0 || leader.choice != best.choice { best = try contest.faster(leader, best) }
    }
    return try contest.result(best)
  }
}

/// Candidates of one step against its default.
private final class TuningContest {
  /// One way to run the step.
  struct Entry {
    let choice: TuningChoice
    let list: LaunchList
    /// Runs of a sample.
    let runCount: Int
  }

  /// The default.
  let standard: Entry
  private let trial: StepTrial
  private let expected: [Float]
  private let sampleLimit: Double
  private let standardSeconds: Double
  private var trialCount = 0
  private var rejected: [(choice: TuningChoice, reason: String)] = []

  /// The largest deviation from the default's result, relative to its largest magnitude.
  private static let tolerance: Float = 1e-4
  /// The share of the other's time below which a candidate is faster, and of the default's below which it
  /// wins.
  private static let faster = 0.985, winning = 0.97
  /// Beyond this share of the other's time one sample is enough.
  private static let hopeless = 1.3
  /// Seconds of a sample at least, and the number of samples.
  private static let sampleSeconds = 2e-3
  private static let samples = 5, finalSamples = 15

  /// Runs the default.
  init(_ trial: StepTrial, sampleLimit: Double) throws {
    (self.trial, self.sampleLimit) = (trial, sampleLimit)
    let list = try trial.list(TuningChoice())
    expected = try trial.results(of: list)
    standardSeconds = try trial.firstSeconds(of: list, limit: sampleLimit)
    let count = max(1, min(1000, Int(Self.sampleSeconds / max(standardSeconds, 1e-7))))
    standard = Entry(choice: TuningChoice(), list: list, runCount: count)
  }

  /// The end of the contest before it begins, if the default alone takes too long; nil if it does not.
  var tooSlow: TuningResult? {
    fault(standardSeconds).map {
      TuningResult(
        choice: TuningChoice(), defaultSeconds: standardSeconds, bestSeconds: standardSeconds,
        trialCount: 0, rejected: [(TuningChoice(), $0)])
    }
  }

  /// The fault of a first run of so many seconds; nil for none.
  private func fault(_ seconds: Double) -> String? {
    seconds > sampleLimit
      ? "its first timed run takes \(Int((seconds * 1000).rounded())) ms, too long to go on" : nil
  }

  /// A choice whose result is right; nil for one that is rejected.
  func candidate(_ choice: TuningChoice) throws -> Entry? {
    trialCount += 1
    do {
      let list = try trial.list(choice)
      let deviation = Self.deviation(of: try trial.results(of: list), from: expected)
      guard deviation <= Self.tolerance else {
        rejected.append((choice, "its result is off by \(deviation) of the largest magnitude"))
        return nil
      }
      let seconds = try trial.firstSeconds(of: list, limit: sampleLimit)
      if let fault = fault(seconds) {
        rejected.append((choice, fault))
        return nil
      }
      // As many runs as of the default, unless a sample would then take too long.
      let most = Int(min(1000, sampleLimit / max(seconds, 1e-7)))
      return Entry(choice: choice, list: list, runCount: min(standard.runCount, most))
    } catch {
      rejected.append((choice, "\(error)"))
    }
    return nil
  }

  /// `candidate` if it is clearly faster than `other`, else `other`.
  func faster(_ candidate: Entry, _ other: Entry) throws -> Entry {
    let (own, others) = try times(candidate, other, samples: Self.samples)
    return own.isBelow(others, share: Self.faster) ? candidate : other
  }

  /// The end of the contest: `best` if it beats the default once more.
  func result(_ best: Entry) throws -> TuningResult {
    let (own, standards) = try times(best, standard, samples: Self.finalSamples)
    let isWon = !best.choice.isDefault && own.isBelow(standards, share: Self.winning)
    return TuningResult(
      choice: isWon ? best.choice : TuningChoice(), defaultSeconds: standards.median,
      bestSeconds: isWon ? own.median : standards.median, trialCount: trialCount,
      rejected: rejected)
  }

  /// Times of two that take turns.
  private func times(_ a: Entry, _ b: Entry, samples: Int) throws -> (Times, Times) {
    var (first, second): ([Double], [Double]) = ([], [])
    for _ in 0..<samples {
      second.append(try trial.seconds(of: b.list, count: b.runCount))
      first.append(try trial.seconds(of: a.list, count: a.runCount))
      if first[0] > second[0] * Self.hopeless { break }
    }
    return (Times(first), Times(second))
  }

  /// Some samples of one time, in seconds.
  private struct Times {
    let least, median: Double

    init(_ samples: [Double]) {
      let sorted = samples.sorted()
      (least, median) = (sorted[0], sorted[sorted.count / 2])
    }

    /// Whether both are below the others' share: other programs slow medians, and rarely the least.
    func isBelow(_ others: Times, share: Double) -> Bool {
      least < others.least * share && median < others.median * share
    }
  }

  private static func deviation(of found: [Float], from expected: [Float]) -> Float {
    var (scale, largest): (Float, Float) = (0, 0)
    for (a, b) in zip(found, expected) where a != b && !(a.isNaN && b.isNaN) {
      let difference = abs(a - b)
      largest = difference.isFinite ? max(largest, difference) : .infinity
    }
    for value in expected where value.isFinite { scale = max(scale, abs(value)) }
    return largest == 0 ? 0 : largest / scale
  }
}
