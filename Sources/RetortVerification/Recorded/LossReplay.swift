import RetortCore
import RetortDistillation
import RetortNN

/// `T²·KL(teacher ‖ student)/B`, or with labels `α·CE + (1-α)·T²·KL/B`, and its gradient with respect to the
/// student's logits.
func replayDistillationLoss(
  _ file: VerificationCase, withLabels: Bool, on backend: any Backend
) throws -> VerificationResult {
  let temperature = try file.numbers.required("temperature", .temperature)
  return try replayLoss(file, on: backend) { student, teacher, inputs in
    let soft = softTargetLoss(
      student: student[0], teacher: teacher[0], temperature: temperature)
    guard withLabels else { return soft }
    let alpha = try file.numbers.required("alpha")
    let hard = crossEntropy(logits: student[0], labels: try inputs.integers("labels"))
    return hard * alpha + soft * (1 - alpha)
  }
}

/// Computes a loss of the inputs `student.0…` and `teacher.0…`, and its gradients with respect to the
/// student's.
package func replayLoss(
  _ file: VerificationCase, on backend: any Backend,
  _ loss: (_ student: [Tensor], _ teacher: [Tensor], _ inputs: CaseInputs) throws -> Tensor
) throws -> VerificationResult {
  let graph = Graph()
  let inputs = CaseInputs(file, graph)
  func all(_ stem: String) throws -> [Tensor] {
    var tensors: [Tensor] = []
    while file.content.tensors["\(stem).\(tensors.count)"] != nil || tensors.isEmpty {
      tensors.append(try inputs.floats("\(stem).\(tensors.count)"))
    }
    return tensors
  }
  let student = try all("student")
  let value = try loss(student, all("teacher"), inputs)
  let program = try CaseProgram(
    inputs, outputs: [value] + gradients(of: value, with: student), in: Session(backend))
  try program.run(0)
  var result = VerificationResult()
  result.addLosses(try program.output(0), expected: try file.content.floats("loss"))
  for index in student.indices {
    let name = "grad.student.\(index)"
    result.addGradient(
      try program.output(1 + index).channelsFirst(student[index].shape),
      expected: try file.content.floats(name))
  }
  return result
}

extension [Float] {
  /// NHWC elements in NCHW order; arrays without four axes unchanged.
  fileprivate func channelsFirst(_ shape: Shape) -> [Float] {
    guard shape.rank == 4 else { return self }
    let (pixels, channels) = (shape[1] * shape[2], shape[3])
    var result = self
    for image in 0..<shape[0] {
      for channel in 0..<channels {
        for pixel in 0..<pixels {
          result[(image * channels + channel) * pixels + pixel] =
            self[(image * pixels + pixel) * channels + channel]
        }
      }
    }
    return result
  }
}
