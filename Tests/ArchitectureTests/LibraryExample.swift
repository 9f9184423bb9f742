import Retort

/// A student of one's own: any module that turns images into logits.
final class Student: Module {
  let hidden = Linear(784, 32)
  let output = Linear(32, 10)
  override func forward(_ x: Tensor) -> Tensor { output(hidden(x.flatten()).relu()) }
}

/// Teaches a student what `teacher` says of Fashion-MNIST; returns the loss every ten steps.
func distil(_ teacher: Module, _ weights: [NamedWeights], steps: Int, on backend: any Backend)
  throws -> [Double]
{
  let (session, data) = (Session(backend), try FashionMNIST.load().training)
  let labeler = ParameterStore(teacher, name: "teacher", isFrozen: true)
  try labeler.write(labeler.imported(weights), to: session)
  let student = ParameterStore(Student(), name: "student")
  try student.write(student.initialWeights(seed: 1), to: session)
  let scheme = OfflineDistillation(
    students: [student], teacher: labeler,
    losses: [NamedLoss(SoftTargetLoss(temperature: 4))])
  let adam = OptimizerState(Adam(learningRate: 1e-3), for: student)
  let learner = Learner(
    student, adam, learningRate: 1e-3, schedule: CosineSchedule(steps: steps))
  let loader = BatchLoader(dataset: data)
  let step = try StepProgram(
    session, [learner], batch: 64, loader: loader, seed: 1, scheme: scheme)
  let order = try BatchOrder(count: data.count, batchSize: 64, seed: 1)
  let loop = TrainingLoop(
    step, options: TrainingOptions(steps: steps, logEvery: 10))
  var losses: [Double] = []
  try loop.run(
    Prefetcher(loader: loader, order: order),
    report: { losses.append($0.losses[0].value) })
  return losses
}
