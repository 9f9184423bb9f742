import Retort

/// A loss of one's own: the mean absolute difference of a student's logits from a teacher's.
///
/// One that many need belongs in `LossCatalog`, where recipes find it.
struct AbsoluteLoss: DistillationLoss {
  static let explanation = Explanation(
    "absolute", "mean absolute difference of logits", equation: ["L = mean |s − t|"],
    source: "an example")
  static let keys: [Key<AbsoluteLoss>] = [.weight]
  static let needsTeacher = true
  var weight = 1.0

  func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    return [LossTerm(name, weight: weight, (student - teacher).abs().mean())]
  }
}

/// Teaches a linear model what a frozen network says of points in the plane.
///
/// - Returns: The loss at the first step and after the last.
func distilWithOwnLoss(steps: Int, on backend: any Backend) throws -> (first: Double, last: Double)
{
  let (session, data) = (Session(backend), Moons(count: 512))
  let teacher = ParameterStore(PointClassifier(width: 32), name: "teacher", isFrozen: true)
  try teacher.write(teacher.initialWeights(seed: 7), to: session)
  let student = ParameterStore(PointClassifier(width: 8), name: "student")
  try student.write(student.initialWeights(seed: 1), to: session)
  let scheme = OfflineDistillation(
    students: [student], teacher: teacher, losses: [NamedLoss(AbsoluteLoss(), name: "absolute")])
  let learner = Learner(
    student, OptimizerState(Adam(), for: student), learningRate: 1e-2)
  let loader = BatchLoader(dataset: data, pipeline: PlainPipeline(data.fields))
  let program = try StepProgram(
    session, [learner], batch: 64, loader: loader, seed: 1, scheme: scheme)
  let loop = TrainingLoop(program, options: TrainingOptions(steps: steps, logEvery: 1))
  var losses: [Double] = []
  try loop.run(
    Prefetcher(
      loader: loader, order: try BatchOrder(count: data.count, batchSize: 64, seed: 1)),
    report: { losses.append($0.losses[0].value) })
  return (losses.first ?? .nan, losses.last ?? .nan)
}
