import RetortSchema

/// The learning rate of each step, as a multiple of the optimizer's, and its momentum.
///
/// Pure functions of the step, so that a resumed run goes on as it would have.
public protocol Schedule: Sendable {
  /// What multiplies the base learning rate at `step`, counted from 0.
  func factor(at step: Int) -> Double
  /// The momentum at `step`, or β₁ for Adam; nil where it is the optimizer's.
  func momentum(at step: Int) -> Double?
}

extension Schedule {
  /// The optimizer's.
  public func momentum(at step: Int) -> Double? { nil }
}

/// A schedule that a recipe can name.
///
/// One more is a file with a type of this protocol, and a line in `ScheduleCatalog`.
public protocol NamedSchedule: Schedule, Configurable, Explained {
  /// The schedule of a training of `steps` steps, ≥ 1.
  func over(_ steps: Int) -> Self
}

extension NamedSchedule {
  /// A schedule that does not depend on how long training takes.
  public func over(_ steps: Int) -> Self { self }
}

/// A schedule whose rates depend on how long training takes.
public protocol TimedSchedule: NamedSchedule {
  /// The steps that it takes, ≥ 1.
  var steps: Int { get set }
}

extension TimedSchedule {
  /// The same over `steps` steps.
  public func over(_ steps: Int) -> Self {
    var schedule = self
    schedule.steps = steps
    return schedule
  }
}

extension CatalogEntry where Element == any NamedSchedule {
  /// The kind of schedule that `type` is.
  public init<Kind: NamedSchedule>(_ type: Kind.Type) {
    self.init(type, wrap: { $0 }, unwrap: { $0 as? Kind })
  }
}

/// Every schedule that a recipe can name.
public enum ScheduleCatalog {
  /// One line each.
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
  /// Its entry in lists.
  public static let explanation = Explanation(
    "constant", "the same learning rate throughout", equation: ["rate(t) = rate"],
    source: "the usual way")
  /// It has none.
  public static let keys: [Key<ConstantSchedule>] = []

  /// A schedule that changes nothing.
  public init() {}

  /// Always 1.
  public func factor(at step: Int) -> Double { 1 }
}
