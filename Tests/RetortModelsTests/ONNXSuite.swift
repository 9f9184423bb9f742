import RetortCore
import Testing

@testable import RetortFormats
@testable import RetortModels

/// Cases in folders, as ONNX's own suite has them: `KIND/CASE/model.onnx` beside tensors of inputs and outputs.
struct ONNXSuite {
  /// What became of a case.
  enum Outcome {
    case passed
    /// Another result than is recorded, or none, though its operators are supported.
    case failed(String)
    /// Refused for what makes no sense here, such as texts.
    case refused(String)
    /// Refused for an operator that there is not.
    case unsupported(String)
  }

  private let folder: String

  init(_ folder: String) { self.folder = folder }

  /// The kinds of cases, in order.
  func kinds() throws -> [String] {
    try FolderEntries.names(folder).filter { kind in
      try FolderEntries.leadsToFolder("\(folder)/\(kind)") && !names(kind).isEmpty
    }
  }

  /// The cases of a kind that have data, in order.
  func names(_ kind: String) throws -> [String] {
    try FolderEntries.names("\(folder)/\(kind)").filter {
      FolderEntries.leadsToFolder("\(folder)/\(kind)/\($0)/test_data_set_0")
        && FileBytes.isReadable("\(folder)/\(kind)/\($0)/model.onnx")
    }
  }

  /// Cases that nothing but the suite's own program passes.
  private static let exceptions = [
    "test_training_dropout": "it draws NumPy's random numbers",
    "test_training_dropout_default": "it draws NumPy's random numbers",
    "test_training_dropout_default_mask": "it draws NumPy's random numbers",
    "test_training_dropout_mask": "it draws NumPy's random numbers",
  ]

  /// Cases whose results are recorded with four digits, or whose models have π with six.
  private static let rough = ["ceil_last_window_starts_on_pad", "window_"]

  /// Computes a case.
  ///
  /// - Parameter givesWhole: Whether whole numbers are given to the device rather than known before.
  func outcome(
    of name: String, _ kind: String, on session: Session, givesWhole: Bool = false
  ) -> Outcome {
    if let reason = Self.exceptions[name] { return .refused(reason) }
    let path = "\(folder)/\(kind)/\(name)"
    do {
      let model = try ONNXModel.read(path + "/model.onnx")
      let missing = model.nodes.first {
        !$0.domain.isEmpty || ONNXOperators.all[$0.operation] == nil
      }
      if let missing { return .unsupported(missing.operation) }
      if let other = (model.inputs + model.outputs).first(where: { $0.elementType == nil }) {
        return .refused("'\(other.name)' is no tensor of numbers that there are")
      }
      let record = ONNXCases.Case(
        model: model, inputs: try tensors(path, "input", model.inputs),
        outputs: try tensors(path, "output", model.outputs))
      let distance = try ONNXCases.distance(of: record, on: session, givesWhole: givesWhole)
      let limit = Self.rough.contains(where: name.contains) ? 10.0 : 1
      return distance <= limit ? .passed : .failed("\(distance) times what it may be off")
    } catch let error as FormatError {
      guard case .unsupported(let what, _) = error.fault else { return .failed("\(error)") }
      return .refused(what)
    } catch let fault as ONNXFault {
      // Shapes cannot follow from what the device knows alone.
      return givesWhole ? .refused(fault.reason) : .failed(fault.reason)
    } catch { return .failed("\(error)") }
  }

  private func tensors(
    _ path: String, _ kind: String, _ infos: [ONNXValueInfo]
  ) throws(FormatError) -> [HostTensor] {
    var found: [HostTensor] = []
    while true {
      let file = "\(path)/test_data_set_0/\(kind)_\(found.count).pb"
      guard FileBytes.isReadable(file) else { return found }
      let tensor = try ONNXTensorReader(file).read(FileBytes.read(file)[...], in: kind).tensor
      // Debian's files have the bits of bfloat16 as whole numbers.
      let isBits =
        found.count < infos.count && infos[found.count].elementType == .bfloat16
        && tensor.elementType == .uint16
      found.append(
        isBits
          ? HostTensor(shape: tensor.shape, elementType: .bfloat16, bytes: tensor.bytes) : tensor)
    }
  }
}
