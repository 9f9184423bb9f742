import RetortSchema
import Testing

@testable import RetortRecipes

private let head = "version: 1\nname: a\n"
private let student = head + "student: {model: lenet5}\n"

private let cases: [MessageCase] = [
  MessageCase(
    name: "teachers that cannot be",
    yaml: student + """
      teachers:
        - {name: a, model: resnet8, weights: t}
        - {name: a, model: lenet6, weights: t}
        - {name: b.c, model: resnet8, weights: t, weight: 0}
        - {from: x}
        - {model: resnet8, expected-accuracy: 2}
        - {name: student, model: resnet8, ensemble: 1}
      teacher: {ensemble: [{name: a, model: resnet8}]}
      combine: harmonic
      """,
    message: """
      r.yaml:1:1: stage 'a' takes weights from 'x', but no earlier stage is called so
      r.yaml:6:12: two teachers are called 'a'. Give one another 'name'.
      r.yaml:6:22: there is no model 'lenet6'. Did you mean 'lenet5'?
      r.yaml:7:12: 'b.c' is no name of a teacher: up to 50 letters, digits, '-' and '_', and no other role
      r.yaml:7:53: 'teachers[2].weight' is 0; it must be greater than 0 and at most 1000000
      r.yaml:8:5: 'teachers[3]' lacks 'name'
      r.yaml:9:41: 'teachers[4].expected-accuracy' is 2; it must be from 0 to 1
      r.yaml:10:12: 'student' is no name of a teacher: up to 50 letters, digits, '-' and '_', and no other role
      r.yaml:10:37: unknown key 'ensemble' in 'teachers[5]'
      r.yaml:11:1: 'teacher' and 'teachers' exclude each other in the recipe. Keep one.
      r.yaml:11:10: 'teacher' lacks 'model'
      r.yaml:11:11: unknown key 'ensemble' in 'teacher'. Did you mean 'teachers'?
      r.yaml:12:10: 'combine' is 'harmonic'; it must be probabilities, logits, entropy, confidence, surest or random. Did you mean 'random'?
      """),
  MessageCase(
    name: "teachers that cannot teach",
    yaml: head + """
      teachers: [{name: a, model: resnet8}, {name: b, model: lenet5, weights: b}]
      combine: logits
      stages:
        - {name: s}
        - {name: t, student: lenet5, losses: [{kind: kd, teacher: c}, {kind: cross-entropy, teacher: b}]}
        - {name: u, student: lenet5, teachers: [{name: d, model: lenet5, weights: d}], combine: logits}
        - {name: v, student: lenet5, teachers: [{name: e, from: s}, {name: f, from: w}]}
      """,
    message: """
      r.yaml:3:1: 'teachers' teach; to train one of them, give it a stage with 'teacher'
      r.yaml:3:12: the teacher of stage 't' has no weights. Add 'weights: FILE' or 'from: STAGE'.
      r.yaml:7:61: stage 't' has no teacher 'c'; there is a and b
      r.yaml:7:87: 'teacher' in 'losses[1]' means nothing with a loss that has no teacher; it goes with losses that compare with a teacher
      r.yaml:8:82: 'combine' in the recipe means nothing with one teacher; it goes with two 'teachers' or more
      r.yaml:9:79: stage 'v' takes weights from 'w', but no earlier stage is called so. Did you mean 's'?
      """),
  MessageCase(
    name: "teachers that nobody asks",
    yaml: student + """
      teachers: [{name: a, model: resnet8, weights: a}, {name: b, model: lenet5, weights: b}]
      losses: [cross-entropy, {kind: kd, teacher: b}]
      """,
    message: """
      r.yaml:4:12: nothing asks teacher 'a' of stage 'a': each loss names another. Name it in a loss, or take it away.
      """),
  MessageCase(
    name: "taps of several teachers",
    yaml: student + """
      teachers: [{name: a, model: resnet8, weights: a}, {name: b, model: lenet5, weights: b}]
      losses:
        - {kind: hint, teacher: b, taps: [{student: fc1, teacher: b.fc1}]}
        - {kind: hint, name: all, taps: [{student: fc1, teacher: fc1}]}
        - {kind: hint, name: other, taps: [{student: fc1, teacher: layer2}, {student: fc1, teacher: b.fc9}]}
      """,
    message: """
      r.yaml:6:61: lenet5: the model has no module 'b.fc1'; there is 'fc1'
      r.yaml:7:60: teachers: the model has no module 'fc1'; there is 'b.fc1'
      r.yaml:8:62: teachers: the model has no module 'layer2'; there is 'a.layer2'
      r.yaml:8:95: teachers: the model has no module 'b.fc9'; there is 'b.fc1', 'b.fc2'
      """),
  MessageCase(
    name: "a tap that is no batch norm",
    yaml: student + """
      teacher: {model: resnet8, weights: a}
      losses:
        - kind: overhaul
          taps: [{student: conv1, teacher: layer1}, {student: conv2, teacher: bn1}]
      """,
    message: """
      r.yaml:7:38: loss 'overhaul': the teacher's tap is no batch norm; take one whose result a ReLU reads, such as 'bn1', of a model that is not imported
      """),
  MessageCase(
    name: "weights of teachers by labels",
    yaml: student + """
      teachers: [{name: a, model: resnet8, weights: a}, {name: b, model: lenet5, weights: b}]
      combine: confidence
      explore: mixup
      """,
    message: """
      r.yaml:5:1: 'combine: confidence' weighs teachers by labels, which examples that 'explore' finds have not; take 'entropy', which needs none
      """),
  MessageCase(
    name: "classes of a teacher's own",
    yaml: head + """
      stages:
        - {name: s, teacher: {model: lenet5, classes: 3}}
        - name: t
          student: lenet5
          teacher: {model: lenet5, weights: a, classes: 3, expected-accuracy: 0.5}
        - name: u
          student: lenet5
          teachers: [{name: a, model: resnet8, weights: a, classes: 3}, {name: b, model: lenet5, weights: b}]
          losses: [kd, {kind: hint, teacher: a, taps: [{student: fc1, teacher: fc}]}]
        - name: v
          student: lenet5
          teacher: {model: lenet5, weights: a, classes: 3}
          losses: [cross-entropy, {kind: hint, taps: [{student: fc1, teacher: fc1}]}]
      """,
    message: """
      r.yaml:4:40: 'classes' in 'teacher' means nothing with no student; it goes with a teacher that teaches one
      r.yaml:7:51: teacher 'teacher' tells 3 classes of its own apart, which loss 'kd' cannot compare with the student's. Compare features alone, such as by the loss hint, or take 'classes' away where they are the data's.
      r.yaml:7:54: 'classes' and 'expected-accuracy' exclude each other in 'teacher'. Keep one.
      r.yaml:10:63: teacher 'a' tells 3 classes of its own apart, which have no mean with those of others. Compare features alone, such as by the loss hint, or take 'classes' away where they are the data's.
      """),
  MessageCase(
    name: "maps that no classifier reads",
    yaml: head + "student: {model: resnet8}\n" + """
      teachers: [{name: a, model: resnet8, weights: a}, {name: b, model: resnet20, weights: b}]
      losses: [cross-entropy, {kind: confident-hint, taps: [{student: layer3, teacher: a.layer3}, {student: layer3, teacher: b.layer2}]}]
      """,
    message: """
      r.yaml:5:120: loss 'confident-hint' asks the teacher's classifier, which does not read the means of 'b.layer2'. Tap the map whose means it reads, or take 'hint'.
      """),
  MessageCase(
    name: "caches of nothing",
    yaml: head + """
      cache: a
      stages:
        - {name: s, teacher: lenet5}
        - {name: t, student: lenet5, teacher: {from: s}, augment: {shift: 1}}
        - {name: u, student: lenet5, cache: b}
        - {name: v, student: lenet5, teacher: {from: s}, cache: null, cache-format: float16}
        - {name: w, student: lenet5, teacher: {from: s}, cache: b, cache-format: float16, cache-classes: 3}
        - {name: x, student: lenet5, teacher: {from: s}, losses: [{kind: hint, taps: [{student: fc1, teacher: fc1}]}], cache: b}
        - {name: y, student: lenet5, teacher: {from: s}, losses: [kd], cache: b}
      """,
    message: """
      r.yaml:3:1: 'cache' in the recipe means nothing with no outputs of a frozen model that are looked up; it goes with a teacher of students whose inputs are not augmented, or by repeated 'draws', and whose losses compare outputs, or features with 'keep-features'
      r.yaml:7:32: 'cache' in the recipe means nothing with no outputs of a frozen model that are looked up; it goes with a teacher of students whose inputs are not augmented, or by repeated 'draws', and whose losses compare outputs, or features with 'keep-features'
      r.yaml:8:65: 'cache-format' in the recipe means nothing with no 'cache'; it goes with 'cache'
      r.yaml:9:85: 'cache-classes' in the recipe means nothing with 'float16'; it goes with top-k
      r.yaml:10:114: 'cache' in the recipe means nothing with no outputs of a frozen model that are looked up; it goes with a teacher of students whose inputs are not augmented, or by repeated 'draws', and whose losses compare outputs, or features with 'keep-features'
      """),
]

/// What recipes are told whose teachers have names.
@Suite struct TeacherMessageTests {
  @Test(arguments: cases) func saysTheWholeText(_ example: MessageCase) {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: example.yaml, path: "r.yaml")
    }
    #expect(error?.description == example.message)
  }
}
