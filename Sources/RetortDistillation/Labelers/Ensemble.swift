import Glibc
import RetortCore
import RetortNN
import RetortTraining

/// The mean of several labelers, as logits.
///
/// Module paths begin with the name of a member: `NAME.layer2`.
///
/// Source: Hinton, Vinyals, Dean 2015, arXiv 1503.02531, section 2, names the first two means; Kwon et al. 2020,
/// ICASSP, weighs by entropy; Zhang, Chen, Wang 2022, arXiv 2201.00007, equations 3 and 4, by confidence; Fukuda et
/// al. 2017, Interspeech, take a random teacher for each batch.
public struct Ensemble: Labeler {
  /// What is averaged.
  public enum Mean: String, CaseIterable, Sendable {
    /// Probabilities: the result is the logarithm of their mean.
    case probabilities
    /// Logits, which makes a geometric mean of probabilities.
    case logits
    /// Probabilities, those of members more that are surer: for each example by `(1 − softmax(entropies)) / (n − 1)`.
    case entropy
    /// Probabilities, those of members more that are nearer to the label: for each example by
    /// `(1 − softmax(cross-entropies)) / (n − 1)`. Examples need labels.
    case confidence
    /// For each example the member that is surest, by its entropy.
    case surest
    /// In each step one member for the whole batch, drawn with the members' weights; where there is no step, as when
    /// all are measured as one, the mean of probabilities. All members are computed, and one is taken.
    case random

    /// Whether it needs the examples' labels.
    public var needsLabels: Bool { self == .confidence }
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
  /// A step's random number in [0, 1), `[1]`, by which a member is drawn; nil where there is no step.
  private var draw: Tensor?

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
    merged(
      members.map { $0.labeler.logits(of: examples, indices: indices, in: graph) }, examples.labels)
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
    return Taps(output: merged(logits, examples.labels), values: values)
  }

  /// What each member says, where the mean weighs members for each example.
  public func opinions(of examples: Example, indices: Tensor?, in graph: Graph) -> [Opinion] {
    guard members.count > 1 else { return [] }
    // Equal to the nodes that the mean itself is made of, and so the same.
    let logits = members.map { $0.labeler.logits(of: examples, indices: indices, in: graph) }
    return zip(weights(logits, examples.labels) ?? [], logits).map {
      Opinion(share: $0.reshape([-1]), logits: $1)
    }
  }

  /// An ensemble whose member is drawn, if it draws one; every call in a step draws the same.
  public func drawn(in inputs: StepInputs) -> any Labeler {
    guard mean == .random else { return self }
    var ensemble = self
    ensemble.draw = inputs.graph.random(
      .uniform, [1], state: inputs.randomState, stream: Self.stream)
    return ensemble
  }

  /// The stream of draws: above those of the host, below those that a step gives out.
  private static let stream: UInt32 = 4095

  /// The members' weights over their sum, in order.
  private var shares: [Double] {
    let total = members.reduce(0) { $0 + $1.weight }
    return members.map { $0.weight / total }
  }

  /// The weighted mean of the members' logits, which are in the order of `members`; the logits themselves if
  /// there is one member.
  private func merged(_ logits: [Tensor], _ labels: Tensor?) -> Tensor {
    guard logits.count > 1 else { return logits[0] }
    switch mean {
    case .logits: return Self.sum(zip(logits, shares).map { $0 * $1 })
    case .probabilities: return meanOfProbabilities(logits)
    case .entropy, .confidence:
      // Of two members the surer may have all, and no weight is none.
      return mixed(
        zip(logits, weights(logits, labels) ?? []).map {
          $0.logSoftmax() + $1.maximum(logits[0].graph.fill(1e-30)).log()
        })
    case .random:
      guard let draw else { return meanOfProbabilities(logits) }
      var (taken, bound) = (logits[0], shares[0])
      for (other, share) in zip(logits, shares).dropFirst() {
        taken = draw.greaterOrEqual(draw.graph.fill(bound)).select(other, taken)
        bound += share
      }
      return taken
    case .surest:
      var best = (logits: logits[0], entropy: logits[0].entropies())
      for other in logits.dropFirst() {
        let entropy = other.entropies()
        best = (
          best.entropy.greater(entropy).select(other, best.logits), best.entropy.minimum(entropy)
        )
      }
      return best.logits
    }
  }

  private func meanOfProbabilities(_ logits: [Tensor]) -> Tensor {
    mixed(zip(logits, shares).map { $0.logSoftmax() + log($1) })
  }

  /// The weights of members, `[batch, 1]` each, where they depend on the example; nil where they do not.
  private func weights(_ logits: [Tensor], _ labels: Tensor?) -> [Tensor]? {
    switch mean {
    case .probabilities, .logits, .surest, .random: return nil
    case .entropy: return Self.weights(by: logits.map { $0.entropies() }, shares)
    case .confidence:
      guard let labels else { preconditionFailure("confidence is that in labels") }
      return Self.weights(by: logits.map { $0.crossEntropyRows(labels).reshape([-1, 1]) }, shares)
    }
  }

  /// Weights for each example, `[batch, 1]` and of sum 1, that are less the greater a member's `doubts`, `[batch, 1]`:
  /// those of its share times one minus the softmax.
  static func weights(by doubts: [Tensor], _ shares: [Double]) -> [Tensor] {
    let greatest = greatest(doubts)
    let powers = doubts.map { ($0 - greatest).exp() }
    let all = sum(powers)
    let weights = zip(powers, shares).map { (1 - $0 / all) * $1 }
    // The members' own shares change the sum.
    let total = sum(weights)
    return weights.map { $0 / total }
  }

  /// The logarithm of the sum of probabilities whose logarithms these are.
  private func mixed(_ parts: [Tensor]) -> Tensor {
    // Behind the largest summand none overflows, and one is 1.
    let largest = Self.greatest(parts).stopGradient()
    return largest + Self.sum(parts.map { ($0 - largest).exp() }).log()
  }

  private static func sum(_ parts: [Tensor]) -> Tensor { parts.dropFirst().reduce(parts[0], +) }

  private static func greatest(_ parts: [Tensor]) -> Tensor {
    parts.dropFirst().reduce(parts[0]) { $0.maximum($1) }
  }
}

extension Tensor {
  /// The entropy of each row's softmax in nats, `[batch, 1]`, of logits `[batch, classes]`.
  fileprivate func entropies() -> Tensor {
    let logProbabilities = logSoftmax()
    return -(logProbabilities.exp() * logProbabilities).sum(axes: [-1], keepingAxes: true)
  }
}
