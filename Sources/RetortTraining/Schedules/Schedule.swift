import RetortSchema

/// The learning rate of each step, as a multiple of the optimizer's, and the momentum.
///
/// Both are pure functions of the step, so that a resumed run continues unchanged.
public protocol Schedule: Sendable {
  /// The factor of the base learning rate at `step`, counted from 0.
  func factor(at step: Int) -> Double
  /// The momentum at `step`, or β₁ for Adam; nil for the optimizer's own.
  func momentum(at step: Int) -> Double?
}

extension Schedule {
  /// nil: the optimizer's own momentum.
  public func momentum(at step: Int) -> Double? { nil }
}

/// A schedule that a recipe can name.
///
/// To add one, write a file with a type of this protocol and a line in `ScheduleCatalog`.
public protocol NamedSchedule: Schedule, Configurable, Explained {
  /// The schedule for a training of `steps` steps, ≥ 1.
  func over(_ steps: Int) -> Self
}

extension NamedSchedule {
  /// The schedule itself, which does not depend on the length of the training.
  public func over(_ steps: Int) -> Self { self }
}

/// A schedule that depends on the length of the training.
public protocol TimedSchedule: NamedSchedule {
  /// The number of steps of the schedule, ≥ 1.
  var steps: Int { get set }
}

extension TimedSchedule {
  /// The schedule over `steps` steps.
  public func over(_ steps: Int) -> Self {
    var schedule = self
    schedule.steps = steps
    return schedule
  }
}

extension CatalogEntry where Element == any NamedSchedule {
  /// The entry of the schedule `type`.
  public init<Kind: NamedSchedule>(_ type: Kind.Type) {
    self.init(type, wrap: { $0 })
  }
}

/// Every schedule that a recipe can name.
public enum ScheduleCatalog {
  /// One entry per schedule.
  public static let all: Catalog<any NamedSchedule> = [
    CatalogEntry(ConstantSchedule.self),
    CatalogEntry(StepSchedule.self),
    CatalogEntry(MultiStepSchedule.self),
    CatalogEntry(CosineSchedule.self),
    CatalogEntry(PolynomialSchedule.self),
    CatalogEntry(OneCycleSchedule.self),
  ]
}

/// The same learning rate throughout.
public struct ConstantSchedule: NamedSchedule, Hashable {
  /// The entry in lists of schedules.
  public static let explanation = Explanation(
    "constant", "the same learning rate throughout", equation: ["rate(t) = rate"],
    source: "the usual way")
  /// No keys.
  public static let keys: [Key<ConstantSchedule>] = []

  /// A schedule that changes nothing.
  public init() {}

  /// Always 1.
  public func factor(at step: Int) -> Double { 1 }
}
