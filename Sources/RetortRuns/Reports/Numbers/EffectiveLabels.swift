import Glibc

/// How many labels one way of training is worth in another: those with which the other gets to the same accuracy.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825, figure 2.
struct EffectiveLabels {
  /// A way of training with its accuracies over numbers of labels.
  typealias Arm = (label: String, curve: Curve)

  /// The number of labels that an accuracy takes.
  enum Count: Equatable {
    /// Between two numbers that were tried, where the accuracy goes straight over the logarithm of labels.
    case about(Double)
    /// Fewer than the least, or more than the greatest number that was tried.
    case fewer(than: Double)
    case more(than: Double)
  }

  private let arms: [Arm]

  init(_ arms: [Arm]) { self.arms = arms }

  /// The labels with which a curve of at least one point first gets to `accuracy`.
  static func count(for accuracy: Double, on curve: Curve) -> Count? {
    guard let first = curve.points.first, let last = curve.points.last else { return nil }
    guard accuracy >= first.value else { return .fewer(than: first.step) }
    for (low, high) in zip(curve.points, curve.points.dropFirst()) where accuracy <= high.value {
      let share = high.value > low.value ? (accuracy - low.value) / (high.value - low.value) : 0
      return .about(exp(log(low.step) + share * (log(high.step) - log(low.step))))
    }
    return accuracy == first.value ? .about(first.step) : .more(than: last.step)
  }

  /// A row for each arm and number of labels, a column for each arm that was trained with several; empty where none
  /// can be compared with another.
  var html: HTML {
    let curves = arms.filter { $0.curve.points.count > 1 }
    guard !curves.isEmpty, arms.count > 1 else { return "" }
    var table = DataTable(
      name: "labels for the same accuracy",
      columns: ["trained by", "labels", "accuracy in percent"]
        + curves.map { "as \($0.label) with" }
    )
    for arm in arms {
      for point in arm.curve.points {
        let counts = curves.map { other -> DataTable.Cell in
          guard other.label != arm.label else { return .number("–", nil) }
          switch Self.count(for: point.value, on: other.curve) {
          case .about(let labels): return .count(Int(labels.rounded()))
          case .fewer(let labels): return .number("< \(ReportNumber.count(Int(labels)))", labels)
          case .more(let labels): return .number("> \(ReportNumber.count(Int(labels)))", labels)
          case nil: return .number("–", nil)
          }
        }
        table.rows.append(
          (
            false,
            [
              .text(arm.label), .count(Int(point.step)),
              .number(fixed(point.value, 2), point.value),
            ] + counts
          ))
      }
    }
    return table.html
  }
}
