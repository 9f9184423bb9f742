/// What can be wrong with a verification case besides its file.
public enum VerificationError: Error, Equatable, Sendable {
  /// Nothing here computes cases of this kind.
  case unknownKind(String, file: String, known: [String])
  /// The metadata lacks a number.
  case missingNumber(String, file: String)
  /// The metadata names an optimizer that does not exist here.
  case unknownOptimizer(String, file: String)
  /// The metadata names a schedule that does not exist here.
  case unknownSchedule(String, file: String)
  /// The metadata has a number that the computation does not take.
  case unknownNumber(String, nearest: [String], file: String)
  /// A number that the computation cannot be done with.
  case outOfRange(String, found: String, allowed: String, file: String)
  /// A tensor's shape does not suit its role.
  case unusable(tensor: String, shape: [Int], file: String)
  /// A tensor has another shape than its part in the computation wants.
  case wrongShape(tensor: String, shape: [Int], wanted: String, file: String)
  /// The parts of a case do not fit together, or ask for more memory than there is.
  case faulty(file: String, reason: String)
}

extension VerificationError: CustomStringConvertible {
  /// One line: the file, what, and the way out.
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
