import RetortDistillation

extension StageSpec {
  /// A model that a stage trains.
  public struct Trainee: Equatable, Sendable {
    /// What messages and results call it: a student's name, or else the role.
    public let name: String
    /// What it does.
    public let role: Cast.Role
    /// The model.
    public let spec: PlayerSpec
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

  private func trainee(_ role: Cast.Role, _ spec: PlayerSpec?) -> [Trainee] {
    spec.map { [Trainee(name: role.rawValue, role: role, spec: $0, folder: role.rawValue)] } ?? []
  }

  /// The model of a role that one model has; nil for students and teachers.
  package subscript(role: Cast.Role) -> PlayerSpec? {
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

  /// A model that takes part.
  package struct Part {
    /// A student's or teacher's name, or else the role.
    package let name: String
    /// What it does.
    package let role: Cast.Role
    /// Its place among the models of its role, from 0.
    package let place: Int
    /// The model.
    package let spec: PlayerSpec
  }

  /// The models that take part, by role, students last.
  package var players: [Part] {
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

  /// Changes the model at a place of a role.
  package mutating func update(
    _ role: Cast.Role, _ place: Int, _ change: (inout PlayerSpec) -> Void
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
  mutating func updatePlayers(_ change: (inout PlayerSpec) -> Void) {
    for part in players { update(part.role, part.place, change) }
  }

  /// Whether its models learn what they are from labels and each other, rather than from examples alone.
  package var trainsStudents: Bool { type(of: scheme).learners.contains(.student) }

  /// Whether a generator is trained.
  package var trainsGenerator: Bool { type(of: scheme).learners.contains(.generator) }

  /// Whether its teachers have names, rather than being one without.
  package var namesTeachers: Bool { !teachers.isEmpty && teacher == nil }

  /// Whether what all teachers say as one is asked for, rather than each loss naming one of them.
  package var combinesTeachers: Bool {
    let asked = losses.filter { type(of: $0.loss).needsTeacher }.map(\.teacher)
    return explore != nil || asked.isEmpty || asked.contains(nil)
  }

  /// Whether a loss names the teacher, or asks all.
  package func asks(_ teacher: Teacher) -> Bool {
    combinesTeachers || losses.contains { $0.teacher == teacher.name }
  }

  /// Whether frozen models say the same of each training example in every step, or codes are taken before
  /// the first.
  var looksUpOutputs: Bool {
    !students.isEmpty
      && (!teachers.isEmpty && augment == .none || explore?.kind.needsEncoder == true)
  }

  /// Whether a loss compares with features of the teacher.
  package func taps(_ teacher: Teacher) -> Bool {
    losses.contains { loss in
      loss.loss.taps.contains {
        !namesTeachers || loss.teacher == teacher.name
          || loss.teacher == nil && $0.teacher.hasPrefix(teacher.name + ".")
      }
    }
  }
}
