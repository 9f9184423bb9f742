import RetortCore

/// The phases of a training step, each of which minimises one objective over one learner's parameters.
public protocol Scheme {
  /// The phases of a step, in order.
  var phases: [Phase] { get }

  /// The objective of a phase; called once per phase, in order, while a form of the step is built.
  ///
  /// A scheme may keep tensors of earlier phases for later ones.
  ///
  /// - Parameters:
  ///   - phase: An index into `phases`.
  ///   - inputs: The inputs of the step.
  /// - Throws: `GraphError` for shapes that do not fit.
  mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective

  /// How many forms a step has, each a plan of its own with equal terms; one by default.
  var forms: Int { get }

  /// Which form a step takes, below `forms`; the first by default.
  ///
  /// - Parameters:
  ///   - step: The step, counted from 0.
  ///   - steps: The steps of the whole training.
  func form(of step: Int, in steps: Int) -> Int

  /// What the scheme keeps of a learner from step to step, besides its weights: zero at first, and part of
  /// checkpoints; nothing by default.
  ///
  /// - Parameter learner: The learner's name.
  func kept(of learner: String) -> [Variable]
}

extension Scheme {
  /// One.
  public var forms: Int { 1 }

  /// The first.
  public func form(of step: Int, in steps: Int) -> Int { 0 }

  /// Nothing.
  public func kept(of learner: String) -> [Variable] { [] }
}

/// One phase of a step.
public struct Phase: Hashable, Sendable {
  /// The version of the weights that a phase reads.
  public enum Start: Hashable, Sendable {
    /// The weights before the step; consecutive phases with this start are computed together.
    case stepStart
    /// The weights after the phases before, as a GAN's generator reads its discriminator's.
    case update
  }

  /// The name of the learner whose parameters change.
  public let learner: String
  /// The version of the weights that the phase reads.
  public let start: Start

  /// A phase that updates the given learner.
  public init(_ learner: String, after start: Start = .stepStart) {
    (self.learner, self.start) = (learner, start)
  }
}

/// A scheme of one phase whose objective a closure builds.
public struct SimpleScheme: Scheme {
  /// One phase, of the learner.
  public let phases: [Phase]
  private let build: (StepInputs) throws -> Objective

  /// Minimises the objective that `build` adds to the graph over the parameters of the learner `name`.
  public init(_ name: String, build: @escaping (StepInputs) throws -> Objective) {
    (phases, self.build) = ([Phase(name)], build)
  }

  /// The closure's objective.
  public func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    try build(inputs)
  }
}
