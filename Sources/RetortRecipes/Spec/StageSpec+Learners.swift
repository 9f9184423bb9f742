import RetortDistillation

extension StageSpec {
  /// A model that a stage trains.
  public struct Trainee: Equatable, Sendable {
    /// What messages and results call it: a student's name, or else the role.
    public let name: String
    /// What it does.
    public let role: Cast.Role
    /// The model.
    public let spec: ModelSpec
    /// Where the stage's folder has it.
    public let folder: String
  }

  /// The models that the stage trains, in the order of its scheme.
  public var trainees: [Trainee] {
    type(of: scheme).learners.flatMap { role -> [Trainee] in
      if role == .student, students.isEmpty { return trainee(.teacher, teacher) }
      guard role == .student else { return trainee(role, self[role]) }
      return students.map {
        Trainee(
          name: $0.name, role: role, spec: $0.spec,
          folder: students.count == 1 ? role.rawValue : "students/\($0.name)")
      }
    }
  }

  private func trainee(_ role: Cast.Role, _ spec: ModelSpec?) -> [Trainee] {
    spec.map { [Trainee(name: role.rawValue, role: role, spec: $0, folder: role.rawValue)] } ?? []
  }

  /// The model of a role that only one model has; nil for students and teachers.
  package subscript(role: Cast.Role) -> ModelSpec? {
    get {
      switch role {
      case .student, .teacher: nil
      case .generator: generator
      case .discriminator: discriminator
      }
    }
    set {
      switch role {
      case .student, .teacher: break
      case .generator: generator = newValue
      case .discriminator: discriminator = newValue
      }
    }
  }

  /// A model of the stage with its role.
  package struct Part {
    /// The name of a student or teacher; the role for others.
    package let name: String
    /// The role.
    package let role: Cast.Role
    /// The position among the models of its role, from 0.
    package let place: Int
    /// The model.
    package let spec: ModelSpec
  }

  /// The models that take part, by role, students last.
  package var models: [Part] {
    let teachers = teachers.enumerated().map {
      Part(name: $1.name, role: .teacher, place: $0, spec: $1.spec)
    }
    let others = [Cast.Role.generator, .discriminator].compactMap { role in
      self[role].map { Part(name: role.rawValue, role: role, place: 0, spec: $0) }
    }
    let students = students.enumerated().map {
      Part(name: $1.name, role: .student, place: $0, spec: $1.spec)
    }
    return teachers + others + students
  }

  /// Applies `change` to the model of a role at a position.
  package mutating func update(
    _ role: Cast.Role, _ place: Int, _ change: (inout ModelSpec) -> Void
  ) {
    switch role {
    case .student: change(&students[place].spec)
    case .teacher: change(&teachers[place].spec)
    case .generator, .discriminator:
      guard var spec = self[role] else { return }
      change(&spec)
      self[role] = spec
    }
  }

  /// Changes each model that takes part.
  mutating func updateModels(_ change: (inout ModelSpec) -> Void) {
    for part in models { update(part.role, part.place, change) }
  }

  /// Whether its models learn what they are from labels and each other, rather than from examples alone.
  package var trainsStudents: Bool { type(of: scheme).learners.contains(.student) }

  /// Whether a generator is trained.
  package var trainsGenerator: Bool { type(of: scheme).learners.contains(.generator) }

  /// Whether the stage lists its teachers under `teachers`.
  package var namesTeachers: Bool { !teachers.isEmpty && teacher == nil }

  /// Whether the mean of all teachers is used; false if every loss names a teacher and nothing is explored.
  package var combinesTeachers: Bool {
    let asked = losses.filter { type(of: $0.loss).needsTeacher }.map(\.teacher)
    return explore != nil || asked.isEmpty || asked.contains(nil)
  }

  /// Whether the mean of all teachers is measured; one that weighs them by labels says nothing of examples alone.
  package var measuresMean: Bool { combinesTeachers && !combine.needsLabels }

  /// Whether any loss uses the teacher, by its name or in the mean.
  package func asks(_ teacher: Teacher) -> Bool {
    combinesTeachers || losses.contains { $0.teacher == teacher.name }
  }

  /// Whether outputs of frozen models are computed once for all training examples: those of a teacher where nothing else
  /// of it is compared, or a generator's codes.
  var looksUpOutputs: Bool {
    // Losses that are not named compare outputs.
    let comparesOutputs =
      losses.isEmpty
      || teachers.contains { asks($0) && (!taps($0) || keepsFeatures && hasFixedFeatures($0)) }
    let isTaught = augment.isFixed && !teachers.isEmpty && comparesOutputs
    return !students.isEmpty && (isTaught || explore?.kind.needsEncoder == true)
  }

  /// Whether losses compare features of the teacher that are the same whenever an example is met, and nothing of it that
  /// has to be computed in a step.
  package func hasFixedFeatures(_ teacher: Teacher) -> Bool {
    augment.isFixed && taps(teacher)
      && !losses.contains {
        let kind = type(of: $0.loss)
        return (kind.needsLiveTeacher || kind.tapsBatchNorms)
          && [nil, teacher.name].contains($0.teacher)
      }
  }

  /// The modules of the teacher that losses compare, by their paths in it.
  package func featurePaths(of teacher: Teacher) -> Set<String> {
    let prefix = namesTeachers ? teacher.name + "." : ""
    return losses.reduce(into: Set<String>()) { found, loss in
      guard type(of: loss.loss).needsTeacher else { return }
      if loss.teacher == teacher.name || !namesTeachers {
        found.formUnion(loss.loss.teacherPaths)
      } else if loss.teacher == nil {
        found.formUnion(
          loss.loss.teacherPaths.filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) })
      }
    }.subtracting([""])
  }

  /// Whether any loss compares with features or derivatives of the teacher.
  package func taps(_ teacher: Teacher) -> Bool {
    losses.contains { loss in
      if type(of: loss.loss).needsLiveTeacher, [nil, teacher.name].contains(loss.teacher) {
        return true
      }
      return loss.loss.taps.contains {
        !namesTeachers || loss.teacher == teacher.name
          || loss.teacher == nil && $0.teacher.hasPrefix(teacher.name + ".")
      }
    }
  }
}
