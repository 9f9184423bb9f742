import Glibc
import RetortCore
import RetortNN

/// The mean of several labelers, as logits.
///
/// Module paths begin with the name of a member: `NAME.layer2`.
///
/// Source: Hinton, Vinyals, Dean 2015, arXiv 1503.02531, section 2, names both means.
public struct Ensemble: Labeler {
  /// What is averaged.
  public enum Mean: String, CaseIterable, Sendable {
    /// Probabilities: the result is the logarithm of their mean.
    case probabilities
    /// Logits, which makes a geometric mean of probabilities.
    case logits
  }

  /// A labeler of an ensemble, with its name and weight.
  public struct Member {
    /// The name, without a `.`.
    public let name: String
    /// The labeler.
    public let labeler: any Labeler
    /// Its share of the mean, once all are divided by their sum; > 0.
    public let weight: Double

    /// A member with the given name and weight.
    public init(_ name: String, _ labeler: any Labeler, weight: Double = 1) {
      (self.name, self.labeler, self.weight) = (name, labeler, weight)
    }
  }

  /// The members, at least one.
  public let members: [Member]
  /// What is averaged.
  public let mean: Mean

  /// The mean of `members`.
  public init(_ members: [Member], mean: Mean = .probabilities) {
    precondition(!members.isEmpty, "an ensemble has at least one member")
    (self.members, self.mean) = (members, mean)
  }

  /// The member called `name`; nil if there is none.
  public subscript(name: String) -> (any Labeler)? {
    members.first { $0.name == name }?.labeler
  }

  /// The logits of the members' mean, `[batch, classes]`.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    merged(members.map { $0.labeler.logits(of: examples, indices: indices, in: graph) })
  }

  /// The logits of the members' mean, with the results of the members' modules at `paths`.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps {
    for path in paths.sorted() where !members.contains(where: { path.hasPrefix($0.name + ".") }) {
      let having = members.filter {
        (try? $0.labeler.taps(of: examples, indices: nil, [path], in: graph)) != nil
      }
      throw TapError(path: path, nearest: having.map { "\($0.name).\(path)" })
    }
    var logits: [Tensor] = []
    var values: [String: Tensor] = [:]
    for member in members {
      let prefix = member.name + "."
      let own = Set(
        paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
      let taps: Taps
      do throws(TapError) {
        taps = try member.labeler.taps(of: examples, indices: indices, own, in: graph)
      } catch {
        throw TapError(path: prefix + error.path, nearest: error.nearest.map { prefix + $0 })
      }
      logits.append(taps.output)
      for path in own { values[prefix + path] = try taps.value(path) }
    }
    return Taps(output: merged(logits), values: values)
  }

  /// The weighted mean of the members' logits, which are in the order of `members`; the logits themselves if
  /// there is one member.
  private func merged(_ logits: [Tensor]) -> Tensor {
    guard logits.count > 1 else { return logits[0] }
    let total = members.reduce(0) { $0 + $1.weight }
    switch mean {
    case .logits:
      let parts = zip(logits, members).map { $0 * ($1.weight / total) }
      return parts.dropFirst().reduce(parts[0], +)
    case .probabilities:
      // Behind the largest summand none overflows, and one is 1.
      let parts = zip(logits, members).map { $0.logSoftmax() + log($1.weight / total) }
      let largest = parts.dropFirst().reduce(parts[0]) { $0.maximum($1) }.stopGradient()
      let sum = parts.dropFirst().reduce((parts[0] - largest).exp()) { $0 + ($1 - largest).exp() }
      return largest + sum.log()
    }
  }
}
