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

  /// The model of a role that one model has; nil for students.
  package subscript(role: Cast.Role) -> PlayerSpec? {
    get {
      switch role {
      case .student: nil
      case .generator: generator
      case .teacher: teacher
      case .discriminator: discriminator
      }
    }
    set {
      switch role {
      case .student: break
      case .generator: generator = newValue
      case .teacher: teacher = newValue
      case .discriminator: discriminator = newValue
      }
    }
  }

  /// The models that take part, by role, students last.
  package var players: [(name: String, role: Cast.Role, spec: PlayerSpec)] {
    let others: [(String, Cast.Role, PlayerSpec)] =
      [.teacher, .generator, .discriminator].compactMap { (role: Cast.Role) in
        self[role].map { (role.rawValue, role, $0) }
      }
    return others + students.map { ($0.name, .student, $0.spec) }
  }

  /// Changes each model that takes part.
  mutating func updatePlayers(_ change: (inout PlayerSpec) -> Void) {
    for role in Cast.Role.allCases {
      guard var spec = self[role] else { continue }
      change(&spec)
      self[role] = spec
    }
    for index in students.indices { change(&students[index].spec) }
  }

  /// Whether its models learn what they are from labels and each other, rather than from examples alone.
  package var trainsStudents: Bool { type(of: scheme).learners.contains(.student) }

  /// Whether a generator is trained.
  package var trainsGenerator: Bool { type(of: scheme).learners.contains(.generator) }
}
