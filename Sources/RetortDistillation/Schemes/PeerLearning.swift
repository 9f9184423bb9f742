import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// What a student learns from in one step.
public struct Lesson {
  /// The logits `[batch, classes]`, or vectors, that losses compare with.
  ///
  /// The mean over them counts; without any, labels alone do.
  public var teachers: [Tensor]
  /// What multiplies losses on labels, `[1]`; nil for 1.
  public var labels: Tensor?
  /// What multiplies losses that compare, `[1]`; nil for 1.
  public var share: Tensor?

  /// A lesson of the given teachers.
  public init(_ teachers: [Tensor], labels: Tensor? = nil, share: Tensor? = nil) {
    (self.teachers, self.labels, self.share) = (teachers, labels, share)
  }
}

/// Students that learn side by side from labels and from each other, or from what they themselves were.
///
/// Each student's forward pass is computed once, and all phases read the weights from before the step. Schemes differ
/// in the lessons alone. What students learn from is constant to them.
public struct PeerLearning: Scheme {
  /// The models that learn, at least one.
  public let students: [ParameterStore]
  /// What is minimised, in order.
  public let losses: [NamedLoss]
  /// Copies of the students' weights, in their order; empty where none are kept.
  public let pasts: [PastWeights]
  private let lesson: (_ student: Int, _ outputs: [Tensor], StepInputs) -> Lesson
  /// Each student's forward pass, once the first phase has made them.
  private var passes: [(context: ForwardContext, taps: Taps)] = []

  /// A scheme over the given models and losses.
  ///
  /// - Parameters:
  ///   - students: The models that learn.
  ///   - losses: What is minimised.
  ///   - pasts: Copies of the students' weights that lessons are of.
  ///   - lesson: What the student of an index learns from, of all students' outputs in training.
  init(
    students: [ParameterStore], losses: [NamedLoss], pasts: [PastWeights] = [],
    lesson: @escaping (_ student: Int, _ outputs: [Tensor], StepInputs) -> Lesson
  ) {
    (self.students, self.losses, self.pasts) = (students, losses, pasts)
    self.lesson = lesson
  }

  /// One of each student.
  public var phases: [Phase] { students.map { Phase($0.name) } }

  /// The copies of its weights.
  public func kept(of learner: String) -> [Variable] {
    pasts.first { $0.store.name == learner }?.variables ?? []
  }

  /// The losses on labels, and the means over the lesson's teachers of those that compare.
  ///
  /// - Throws: `GraphError` for shapes that do not fit.
  public mutating func objective(_ phase: Int, _ inputs: StepInputs) throws -> Objective {
    if passes.isEmpty {
      passes = try students.enumerated().map { index, student in
        let context = inputs.context(.training, tapping: losses.studentPaths)
        return (context, try student.model.taps(inputs.example(of: index), in: context))
      }
    }
    let (context, own) = passes[phase]
    let terms = try terms(
      Comparison(
        inputs: inputs, context: context, learner: students[phase].model,
        examples: inputs.example(of: phase), student: own, teacher: nil, labels: inputs.labels),
      lesson(phase, passes.map(\.taps.output), inputs))
    var effects = pasts.indices.contains(phase) ? pasts[phase].renewal(in: inputs.graph) : []
    effects += students[phase].bufferUpdates(from: context)
    return Objective(terms: terms, effects: effects)
  }

  private func terms(_ comparison: Comparison, _ lesson: Lesson) throws -> [LossTerm] {
    func scaled(_ terms: [LossTerm], _ factor: Tensor?) -> [LossTerm] {
      guard let factor else { return terms }
      return terms.map { LossTerm($0.name, weight: $0.weight, $0.value * factor.reshape([])) }
    }
    var comparison = comparison
    var terms: [LossTerm] = []
    for loss in losses {
      guard type(of: loss.loss).needsTeacher else {
        terms += scaled(try loss.terms(comparison), lesson.labels)
        continue
      }
      var sums: [LossTerm] = []
      for teacher in lesson.teachers {
        comparison.teacher = Taps(output: teacher.stopGradient())
        let found = try loss.terms(comparison)
        sums =
          sums.isEmpty
          ? found
          : zip(sums, found).map { LossTerm($0.name, weight: $0.weight, $0.value + $1.value) }
      }
      let means = sums.map {
        LossTerm($0.name, weight: $0.weight, $0.value * (1 / Double(lesson.teachers.count)))
      }
      terms += scaled(means, lesson.share)
    }
    return terms
  }
}

/// A scheme whose students have no teacher of their own.
public protocol PeerScheme: NamedScheme {
  /// The least number of students.
  static var leastStudents: Int { get }
  /// Whom they learn from, as in "students learn from each other".
  static var others: String { get }
}

extension PeerScheme {
  /// The students.
  public static var learners: [Cast.Role] { [.student] }
  /// The students, and what they were.
  public static var peersTeach: Bool { true }

  /// Labels, and the others' logits at a temperature of 1, as the papers compare them; of vectors, pairs and the
  /// others' vectors.
  public static func usualLosses(
    isTaught: Bool, of outputs: OutputKind, reading examples: ExampleSpec
  ) -> (losses: [NamedLoss], note: String?) {
    let note = "has no teacher: its students learn from "
    guard outputs == .logits else {
      return (
        [.onLabels(of: outputs), .onOthers(of: outputs)],
        note + "pairs (contrastive) and from \(others) (embedding)"
      )
    }
    return (
      [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss(temperature: 1))],
      note + "labels (cross-entropy) and from \(others) (kd at a temperature of 1)"
    )
  }

  /// What all such schemes ask for.
  public func faults(of plan: CastPlan) -> [KeyFault] { faultsOfPeers(plan) }

  /// There are as many as it takes, something to learn from the others, and nothing that asks for a teacher.
  func faultsOfPeers(_ plan: CastPlan) -> [KeyFault] {
    let name = Self.explanation.name
    var faults: [KeyFault] = []
    if plan.students < Self.leastStudents {
      let needed =
        Self.leastStudents == 1 ? "a student" : "two students or more; name them under 'students'"
      faults.append(KeyFault("scheme", "'\(name)' needs \(needed)"))
    }
    if !plan.losses.contains(where: { type(of: $0.loss).needsTeacher }) {
      faults.append(
        KeyFault(
          "losses",
          "'\(name)' needs a loss by which students learn from \(Self.others), such as 'kd'"))
    }
    if plan.losses.contains(where: { !$0.loss.taps.isEmpty }) {
      faults.append(
        KeyFault(
          "losses",
          "students that learn from \(Self.others) are compared by their outputs, not by 'taps'; take such "
            + "a loss away"))
    }
    for loss in plan.losses
    where loss.loss.taps.isEmpty && (try? loss.loss.adapters([], []))?.isEmpty == false {
      faults.append(
        KeyFault(
          "losses",
          "loss '\(loss.kind)' has weights of its own, which '\(name)' does not train; take 'kd'"))
    }
    if plan.exploration != nil {
      faults.append(
        KeyFault(
          "explore",
          "'\(name)' seeks no new examples, for which it has no teacher; take 'explore' away "
            + "(explore: null)"))
    }
    return faults
  }
}
