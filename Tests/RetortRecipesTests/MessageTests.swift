import RetortSchema
import Testing

@testable import RetortRecipes

/// A recipe that should not be, and the whole text that says why.
struct MessageCase: CustomTestStringConvertible {
  let name: String
  let yaml: String
  let message: String
  var overrides: [String] = []
  var testDescription: String { name }
}

private let head = "version: 1\nname: a\n"
private let student = head + "student: {model: lenet5}\n"

private let cases: [MessageCase] = [
  MessageCase(
    name: "unknown key in a list's map",
    yaml: """
      version: 1
      name: kd
      teacher: {model: resnet8, weights: t.safetensors}
      student: {model: lenet5}
      losses:
        - {kind: cross-entropy}
        - {kind: kd, temprature: 4}
      """,
    message:
      "r.yaml:7:16: unknown key 'temprature' in 'losses[1]'. Did you mean 'temperature'?"),
  MessageCase(
    name: "all faults at once, in the order of lines",
    yaml: """
      version: 2
      name: ..
      sed: 1
      data: {name: fashion-mnst, labelled: 3, step-imbalance: 0.5}
      student: {model: lenet6, width: 3}
      losses: [{kind: cross-entropy, weight: -1}]
      train: {batch: many, steps: 0}
      """,
    message: """
      r.yaml:1:10: version '2' is not known; this program reads version 1
      r.yaml:2:7: '..' is no name: letters, digits, '-', '_' and '.' only, no '.' in front
      r.yaml:3:1: unknown key 'sed' in the recipe. Did you mean 'seed'?
      r.yaml:4:14: 'data.name' is 'fashion-mnst'; it must be fashion-mnist, text, image-folder, cifar-10, cifar-100, numpy, shards, text-pairs or debian-descriptions. Did you mean 'fashion-mnist'?
      r.yaml:4:41: 'labelled' and 'step-imbalance' exclude each other in 'data'. Keep one.
      r.yaml:4:57: 'data.step-imbalance' is 0.5; it must be from 1 to 1000000
      r.yaml:5:18: there is no model 'lenet6'. Did you mean 'lenet5'?
      r.yaml:6:40: 'losses[0].weight' is -1; it must be from 0 to 1000000
      r.yaml:7:16: 'train.batch' must be a whole number, not 'many'
      r.yaml:7:29: 'train.steps' is 0; it must be from 1 to 1000000000
      """),
  MessageCase(
    name: "nothing at all", yaml: "",
    message: """
      r.yaml:1:1: the recipe must be a map, not nothing
      """),
  MessageCase(
    name: "no YAML", yaml: "version: 1\nname: [a\n",
    message: "r.yaml:3:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence"),
  MessageCase(
    name: "a key twice", yaml: "version: 1\nname: a\nname: b\n",
    message: "r.yaml:2:1: key 'name' stands twice in one map. Keep one."),
  MessageCase(
    name: "anchors", yaml: head + "student: &s {model: lenet5}\nteacher: *s\n",
    message: "r.yaml:3:10: anchors and aliases are not read in recipes. Write the value out."),
  MessageCase(
    name: "missing keys", yaml: "student: {width: 3}",
    message: """
      r.yaml:1:1: the recipe lacks 'version'
      r.yaml:1:1: the recipe lacks 'name'
      r.yaml:1:10: 'student' lacks 'model'
      """),
  MessageCase(
    name: "wrong kinds of values",
    yaml: student + "losses: {kind: kd}\naugment: 3\noptimizer: {learning-rate: \"1\"}\n",
    message: """
      r.yaml:4:9: 'losses' must be a list of at least one map, not a map
      r.yaml:5:10: 'augment' must be a map, not '3'
      r.yaml:6:28: 'optimizer.learning-rate' must be a number, not '1'
      """),
  MessageCase(
    name: "truth values and infinities",
    yaml: student + "augment: {flip: yes}\noptimizer: {learning-rate: inf}\n",
    message: """
      r.yaml:4:17: 'augment.flip' must be true or false, not 'yes'
      r.yaml:5:28: 'optimizer.learning-rate' must be a number, not 'inf'
      """),
  MessageCase(
    name: "augmentation and sampling",
    yaml: student
      + "augment: {shift: 1, padding: mirror, cutout: -1}\ntrain: {sampling: balanced}\n",
    message: """
      r.yaml:4:30: 'augment.padding' is 'mirror'; it must be zero, edge or reflect
      r.yaml:4:46: 'augment.cutout' is -1; it must be from 0 to 1024
      r.yaml:5:19: 'train.sampling' is 'balanced'; it must be shuffle, replacement, class-balanced, \
      square-root or progressively-balanced
      """),
  MessageCase(
    name: "a model's options",
    yaml: head + "student: {model: resnet8, wdth: 4}\nteacher: {model: resnet8, width: 0.5}\n",
    message: """
      r.yaml:3:27: unknown key 'wdth' in 'student'. Did you mean 'width'?
      r.yaml:4:34: 'teacher.width' must be a whole number, not '0.5'
      """),
  MessageCase(
    name: "models in wrong places",
    yaml: head + "student: {model: conv-vae}\ngenerator: {model: lenet5}\n",
    message: """
      r.yaml:3:18: 'student' needs a classifier, but model 'conv-vae' is a generator
      r.yaml:4:20: 'generator' needs a generator, but model 'lenet5' is a classifier
      """),
  MessageCase(
    name: "kd and exploration need others",
    yaml: student + "losses: [{kind: kd}]\nexplore: {kind: zero}\n",
    message: """
      r.yaml:4:10: loss 'kd' of stage 'a' needs a teacher. Add it.
      r.yaml:5:10: exploration 'zero' of stage 'a' needs a generator. Add it.
      """),
  MessageCase(
    name: "exploration needs kd",
    yaml: student + "explore: {kind: mixup}\n",
    message: "r.yaml:4:10: exploration 'mixup' of stage 'a' needs a loss on the teacher, such as "
      + "'kd'. Add it."),
  MessageCase(
    name: "models without weights",
    yaml: student + """
      teacher: {model: resnet8}
      generator: {model: conv-vae}
      losses: [{kind: kd}]
      explore: {kind: first}
      """,
    message: """
      r.yaml:4:10: the teacher of stage 'a' has no weights. Add 'weights: FILE' or 'from: STAGE'.
      r.yaml:5:12: the generator of stage 'a' has no weights. Add 'weights: FILE' or 'from: STAGE'.
      """),
  MessageCase(
    name: "losses of other models",
    yaml: head + "generator: {model: conv-vae}\nlosses: [{kind: cross-entropy}, {kind: kd}]\n",
    message: """
      r.yaml:4:10: loss 'cross-entropy' cannot train the generator of stage 'a'
      r.yaml:4:33: loss 'kd' cannot train the generator of stage 'a'
      """),
  MessageCase(
    name: "a loss twice",
    yaml: student + "losses: [{kind: cross-entropy}, {kind: cross-entropy}]\n",
    message: "r.yaml:4:33: two losses of 'losses' are called 'cross-entropy'. Give one a 'name'."),
  MessageCase(
    name: "nothing to train", yaml: head,
    message: "r.yaml:1:1: stage 'a' trains nothing. Add a student, a generator or a teacher."),
  MessageCase(
    name: "stages that are not there",
    yaml: head + """
      stages:
        - {name: teach, teacher: {model: resnet8}}
        - {name: teach, student: {model: lenet5}, generator: {from: teach}}
        - {name: last, student: {model: lenet5}, teacher: {from: tech}}
      """,
    message: """
      r.yaml:5:5: two stages are called 'teach'. Rename one.
      r.yaml:5:63: stage 'teach' trains a teacher, which cannot be a generator
      r.yaml:6:60: stage 'last' takes weights from 'tech', but no earlier stage is called so. Did you mean 'teach'?
      """),
  MessageCase(
    name: "from and model, from and weights",
    yaml: head + """
      stages:
        - {name: t, teacher: {model: resnet8}}
        - name: s
          student: {from: t, model: lenet5}
          teacher: {from: t, weights: w.safetensors}
      """,
    message: """
      r.yaml:6:24: 'model' and 'from' exclude each other in 'student'. Keep one.
      r.yaml:7:24: 'weights' and 'from' exclude each other in 'teacher'. Keep one.
      """),
  MessageCase(
    name: "faults of variants and of what they inherit come once",
    yaml: head + """
      student: {model: lenet5}
      optimizer: {kind: sdg}
      stages:
        - name: s
          variants:
            - {name: one, train: {stps: 1}}
            - {train: {epochs: 1}}
            - {name: two, variants: []}
      """,
    message: """
      r.yaml:4:19: 'optimizer.kind' is 'sdg'; it must be sgd, adam, adamw or rmsprop. Did you mean 'sgd'?
      r.yaml:8:29: unknown key 'stps' in 'train'. Did you mean 'steps'?
      r.yaml:9:9: 'stages[0].variants[1]' lacks 'name'
      r.yaml:10:21: unknown key 'variants' in 'stages[0].variants[2]'
      """),
  MessageCase(
    name: "keys of other kinds",
    yaml: student + """
      optimizer: {kind: adam, momentum: 0.5, schedule: {kind: cosine, every: 3}}
      """,
    message: """
      r.yaml:4:25: 'momentum' in 'optimizer' means nothing with 'adam'; it goes with sgd or rmsprop
      r.yaml:4:65: 'every' in 'optimizer.schedule' means nothing with 'cosine'; it goes with step
      """),
  MessageCase(
    name: "optimizer keys without effect",
    yaml: student + """
      stages:
        - {name: s, optimizer: {kind: sgd, dampening: 0.1, decay-norms: false}}
        - {name: t, optimizer: {kind: sgd, momentum: 0.9, schedule: one-cycle}}
        - {name: u, optimizer: {beta1: 0.8, schedule: {kind: one-cycle, factor: 0.1}}}
        - {name: v, optimizer: {schedule: {kind: one-cycle, cycle-momentum: false, max-momentum: 0.9}}}
        - {name: w, optimizer: {kind: sgd, momentum: 0.9, dampening: 0.1, nesterov: true}}
        - {name: x, optimizer: {schedule: {kind: multi-step, at: 3}}}
        - {name: y, optimizer: {schedule: {kind: multi-step, at: [3, 0]}}}
      """,
    message: """
      r.yaml:5:38: 'dampening' in 'optimizer' means nothing with a momentum of 0; it goes with a momentum
      r.yaml:5:54: 'decay-norms' in 'optimizer' means nothing with no weight decay; it goes with a 'weight-decay' above 0
      r.yaml:6:48: 'momentum' has no effect, for the schedule cycles it; leave it out, or say 'cycle-momentum: false' in 'optimizer.schedule'
      r.yaml:7:34: 'beta1' has no effect, for the schedule cycles it; leave it out, or say 'cycle-momentum: false' in 'optimizer.schedule'
      r.yaml:7:67: 'factor' in 'optimizer.schedule' means nothing with 'one-cycle'; it goes with step or multi-step
      r.yaml:8:78: 'max-momentum' in 'optimizer.schedule' means nothing with 'false'; it goes with true
      r.yaml:9:69: 'nesterov' in 'optimizer' means nothing with a momentum of 0, or dampened; it goes with a momentum without dampening
      r.yaml:10:60: 'optimizer.schedule.at' must be a list of at least one whole number, not '3'
      r.yaml:11:64: 'optimizer.schedule.at[1]' is 0; it must be from 1 to 1000000000
      """),
  MessageCase(
    name: "clipping and averages",
    yaml: student + """
      optimizer: {kind: rmsprop, nesterov: true, clip-norm: 0, clip-value: 1,
        average: {kind: equal, decay: 0.5}}
      stages:
        - {name: s, optimizer: {average: {from: 9, decays: 1}}, train: {steps: 9}}
        - {name: t, optimizer: {average: {kind: ema}, clip-nrm: 1}}
        - {name: u, optimizer: {average: {kind: exponential}}}
      """,
    message: """
      r.yaml:4:28: 'nesterov' in 'optimizer' means nothing with 'rmsprop'; it goes with sgd
      r.yaml:4:55: 'optimizer.clip-norm' is 0; it must be greater than 0 and at most 1000000
      r.yaml:4:58: 'clip-norm' and 'clip-value' exclude each other in 'optimizer'. Keep one.
      r.yaml:5:26: 'decay' in 'optimizer.average' means nothing with 'equal'; it goes with exponential
      r.yaml:7:43: 'optimizer.average.from' is 9; it must be less than the 9 steps of stage 's'
      r.yaml:7:46: unknown key 'decays' in 'optimizer.average'. Did you mean 'decay'?
      r.yaml:8:43: 'optimizer.average.kind' is 'ema'; it must be exponential or equal. Did you mean 'equal'?
      r.yaml:8:49: unknown key 'clip-nrm' in 'optimizer'. Did you mean 'clip-norm'?
      r.yaml:9:36: 'optimizer.average' lacks 'decay'
      """),
  MessageCase(
    name: "ranges of exploration",
    yaml: """
      version: 1
      name: a
      teacher: {model: resnet8, weights: t}
      student: {model: lenet5}
      losses: [{kind: kd, temperature: 0}]
      explore: {kind: pixel-gradient, step: {plain: 1, normalised: 1}, ratio: 0, divergence: kl, beta: 0.5}
      """,
    message: """
      r.yaml:5:34: 'losses[0].temperature' is 0; it must be greater than 0 and at most 1000
      r.yaml:6:50: 'normalised' and 'plain' exclude each other in 'explore.step'. Keep one.
      r.yaml:6:73: 'explore.ratio' is 0; it must be greater than 0 and at most 64
      r.yaml:6:92: 'beta' in 'explore' means nothing with 'kl'; it goes with jsd
      """),
  MessageCase(
    name: "keys that have been renamed",
    yaml: student + "arms: [{name: b}]\nexplore: {order: mixup}\n",
    message: """
      r.yaml:4:1: unknown key 'arms' in the recipe. Did you mean 'variants'?
      r.yaml:5:10: 'explore' lacks 'kind'
      r.yaml:5:11: unknown key 'order' in 'explore'. Did you mean 'kind'?
      """),
  MessageCase(
    name: "words in place of maps, and other spellings",
    yaml: head + "student: lenet6\noptimizer: {lr: 0, schedule: cosin}\n",
    message: """
      r.yaml:3:10: there is no model 'lenet6'. Did you mean 'lenet5'?
      r.yaml:4:17: 'optimizer.learning-rate' is 0; it must be greater than 0 and at most 1000
      r.yaml:4:30: 'optimizer.schedule.kind' is 'cosin'; it must be constant, step, multi-step, cosine, polynomial or one-cycle. Did you mean 'cosine'?
      """),
  MessageCase(
    name: "taps that lead nowhere",
    yaml: student + """
      teacher: {model: resnet8, weights: t}
      losses:
        - {kind: hint, taps: [{student: conv3, teacher: layer2}]}
        - {kind: hint, name: other, taps: [{student: conv1, teacher: fc}]}
        - {kind: hint, name: none}
      """,
    message: """
      r.yaml:8:5: 'losses[2]' lacks 'taps'
      """),
  MessageCase(
    name: "taps that do not fit",
    yaml: student + """
      teacher: {model: resnet8, weights: t}
      losses:
        - {kind: hint, taps: [{student: conv3, teacher: layer2}]}
        - {kind: hint, name: other, taps: [{student: conv1, teacher: fc}]}
      """,
    message: """
      r.yaml:6:35: lenet5: the model has no module 'conv3'; there is 'conv1', 'conv2'
      r.yaml:7:38: features [2, 28, 28, 6] of the student and [2, 10] of the teacher cannot be compared; \
      tap modules whose results have as many axes, and sequences as long
      """),
  MessageCase(
    name: "overrides", yaml: student,
    message: """
      --set optimizer.learnin-rate=1: unknown key 'learnin-rate' in 'optimizer'. Did you mean 'learning-rate'?
      --set seed: an override is PATH=VALUE, such as losses.1.weight=0.5
      --set seed.x=1: there is no 'x'
      """,
    overrides: ["seed=2", "optimizer.learnin-rate=1", "seed", "seed.x=1"]),
  MessageCase(
    name: "overrides of lists", yaml: student + "losses: [{kind: cross-entropy}]\n",
    message: """
      --set losses.7.weight=1: there is no '7'; there is 0
      """, overrides: ["losses.7.weight=1"]),
  MessageCase(
    name: "a base that is not there", yaml: "extends: fashion-kt\n" + student,
    message: "r.yaml:1:10: there is neither a file nor a bundled recipe 'fashion-kt'. "
      + "Did you mean 'fashion-kd'?"),
]

@Suite struct MessageTests {
  @Test(arguments: cases)
  func saysTheWholeText(_ example: MessageCase) {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: example.yaml, path: "r.yaml", overrides: example.overrides)
    }
    #expect(error?.description == example.message)
  }

  @Test func unknownRecipesAreNamed() {
    let error = #expect(throws: RecipeErrors.self) { try Recipe.load("nothing-like-it") }
    #expect(
      error?.description == "nothing-like-it: there is neither a file nor a bundled recipe "
        + "'nothing-like-it'. See 'retort list'.")
  }
}
