/// Who learns when: a step is a list of phases, each of which minimises one objective over one learner's
/// parameters.
public protocol Scheme {
  /// The phases of a step, in order.
  var phases: [Phase] { get }

  /// What a phase minimises; called once for each, in order, while the step is built.
  ///
  /// A scheme may keep what later phases share with earlier ones.
  ///
  /// - Parameters:
  ///   - phase: A position in `phases`.
  ///   - inputs: What the step is built from.
  /// - Throws: `GraphError` for shapes that do not fit.
  mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective
}

/// One phase of a step.
public struct Phase: Hashable, Sendable {
  /// Which weights a phase reads.
  public enum Start: Hashable, Sendable {
    /// Those from before the step; phases that follow each other so are computed together.
    case stepStart
    /// Those that the phases before have left, as a GAN's generator reads its discriminator's.
    case update
  }

  /// The name of the learner whose parameters change.
  public let learner: String
  /// Which weights it reads.
  public let start: Start

  /// A phase of the given learner.
  public init(_ learner: String, after start: Start = .stepStart) {
    (self.learner, self.start) = (learner, start)
  }
}

/// A scheme of one phase whose objective a closure builds.
public struct SimpleScheme: Scheme {
  /// The learner's.
  public let phases: [Phase]
  private let build: (StepInputs) throws -> Objective

  /// Minimises what `build` adds to the graph over the parameters of the learner called `name`.
  public init(_ name: String, build: @escaping (StepInputs) throws -> Objective) {
    (phases, self.build) = ([Phase(name)], build)
  }

  /// What the closure builds.
  public func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    try build(inputs)
  }
}
