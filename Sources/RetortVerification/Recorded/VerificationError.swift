/// A fault in a verification case, apart from its file format.
public enum VerificationError: Error, Equatable, Sendable {
  /// The kind of the case is unknown.
  case unknownKind(String, file: String, known: [String])
  /// The metadata lacks a number.
  case missingNumber(String, file: String)
  /// The metadata names an unknown optimizer.
  case unknownOptimizer(String, file: String)
  /// The metadata names an unknown schedule.
  case unknownSchedule(String, file: String)
  /// The metadata has a number that the computation does not use.
  case unknownNumber(String, nearest: [String], file: String)
  /// A number is outside the range of the computation.
  case outOfRange(String, found: String, allowed: String, file: String)
  /// A tensor's shape does not suit any layer.
  case unusable(tensor: String, shape: [Int], file: String)
  /// A tensor has another shape than the computation needs.
  case wrongShape(tensor: String, shape: [Int], wanted: String, file: String)
  /// The parts of a case do not fit together, or need more memory than available.
  case faulty(file: String, reason: String)
}

extension VerificationError: CustomStringConvertible {
  /// One line: the file, the fault, and a remedy.
  public var description: String {
    switch self {
    case .unknownKind(let kind, let file, let known):
      "\(file): cannot compute cases of kind '\(kind)'; known are \(known.joined(separator: ", "))"
    case .missingNumber(let name, let file): "\(file): the metadata's 'hyper' has no '\(name)'"
    case .unknownOptimizer(let name, let file):
      "\(file): optimizer '\(name)' is none of sgd, adam, adamw, rmsprop"
    case .unknownSchedule(let name, let file):
      "\(file): schedule '\(name)' is none of step, multi_step, cosine, polynomial, one_cycle"
    case .unknownNumber(let name, let nearest, let file):
      "\(file): '\(name)' in the metadata's 'hyper' means nothing to this kind of case"
        + (nearest.first.map { ". Did you mean '\($0)'?" } ?? "; take it out")
    case .outOfRange(let name, let found, let allowed, let file):
      "\(file): '\(name)' is \(found); it must be \(allowed)"
    case .unusable(let tensor, let shape, let file):
      "\(file): tensor '\(tensor)' of shape \(shape) fits no layer of this kind of case"
    case .wrongShape(let tensor, let shape, let wanted, let file):
      "\(file): tensor '\(tensor)' has shape \(shape); it must be \(wanted)"
    case .faulty(let file, let reason): "\(file): \(reason)"
    }
  }
}
