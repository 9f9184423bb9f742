import RetortSchema

/// The parts of a recipe as entries of the reference.
enum RecipeParts {
  static let all: [ReferenceEntry] =
    [
      part(
        "recipe", "what stands at the top of a recipe",
        """
        A recipe is a YAML map. What all stages share stands at the top; a recipe without 'stages' is \
        one stage.
        """, RecipeKeys.own + [RecipeKeys.stages, RecipeKeys.variants],
        "{version: 1, name: a, student: {model: lenet5}}"),
      part(
        "stages", "several trainings in order",
        """
        Each stage is a map with a name, laid over what stands at the top of the recipe. Later stages \
        take models of earlier ones with 'from'. Null takes a key away.
        """, RecipeKeys.recipe.inner("stages")?.keys ?? [],
        "stages: [{name: teacher, teacher: {model: resnet8}}]"),
      part(
        "variants", "maps that are laid over a stage, each a stage of its own",
        "Variants of the stage 's' are called s/NAME, for comparisons of all but a few keys.",
        RecipeKeys.recipe.inner("variants")?.keys ?? [], "variants: [{name: plain, explore: null}]"),
      part(
        "extends", "a recipe beneath this one",
        """
        A path, relative to the recipe, or the name of a bundled recipe. Maps merge key by key; a \
        map that names another kind, model or source starts anew; lists are replaced; null takes a \
        key away.
        """, [], "extends: fashion-kd"),
    ]
    + StageSpec.mapInfo.keys.map { key in
      let inner = StageSpec.mapInfo.inner(key.name)?.keys ?? [key]
      return part(key.name, key.meaning, "", inner, "\(key.name): \(example(key))")
    }
    + [
      part(
        "schedule", "how the learning rate changes",
        "A map under 'optimizer'. The kind may stand alone: {schedule: cosine}.",
        OptimizerSpec.mapInfo.inner("schedule")?.keys ?? [],
        "optimizer: {schedule: {kind: cosine, warmup: 100}}"),
      part(
        "average", "a mean of the weights that is evaluated and exported in their place",
        "A map under 'optimizer'. Batch norms keep their last statistics.",
        OptimizerSpec.mapInfo.inner("average")?.keys ?? [], "optimizer: {average: {decay: 0.999}}"),
      part(
        "normalization", "what becomes of pictures before a model",
        """
        A map under 'teacher' or 'student': (x − mean) / std per channel, for samples from 0 to 1. The \
        kind may stand alone: {normalization: imagenet}.
        """, StageSpec.mapInfo.inner("teacher")?.inner("normalization")?.keys ?? [],
        "teacher: {model: teacher.onnx, normalization: {mean: [0.286], std: [0.353]}}"),
      part(
        "explore.step", "how far each step of an ascent goes", "A map under 'explore'.",
        StageSpec.mapInfo.inner("explore")?.inner("step")?.keys ?? [],
        "explore: {kind: first, step: {displacement: 0.3}}"),
      part(
        "explore.proposals", "how each start is chosen among random ones",
        """
        A map under 'explore'. Disagreement is heavy-tailed: choosing among random starts finds more of it than \
        climbing does at the same cost. 'surrogate' costs next to nothing, 'entropy' and 'margin' a decoded example \
        and an answer of the student for each proposal, 'disagreement' one of the teacher besides.
        """,
        StageSpec.mapInfo.inner("explore")?.inner("proposals")?.keys ?? [],
        "explore: {kind: zero, proposals: {count: 4, by: surrogate}}"),
      part(
        "explore.replay", "the pool of earlier finds that are learnt from again",
        """
        A map under 'explore'. Codes are kept with the teacher's logits, so that what is replayed costs a decoded \
        example and a step of the student, but no answer of the teacher. The newest examples push out the oldest. The \
        pool is part of checkpoints.
        """,
        StageSpec.mapInfo.inner("explore")?.inner("replay")?.keys ?? [],
        "explore: {kind: zero, replay: {size: 4096, ratio: 1}}"),
    ]

  private static func part(
    _ name: String, _ summary: String, _ discussion: String, _ keys: [KeyInfo], _ example: String
  ) -> ReferenceEntry {
    ReferenceEntry(
      kind: .part,
      explanation: Explanation(name, summary, discussion, source: "this program's recipes"),
      keys: keys, example: example)
  }

  private static func example(_ key: KeyInfo) -> String {
    switch key.name {
    case "data": "{name: fashion-mnist, labelled: 300}"
    case "teacher": "{model: resnet20, weights: teacher.safetensors}"
    case "teachers": "[{model: lenet5, weights: a}, {name: b, model: resnet8, weights: b}]"
    case "combine": "logits"
    case "generator": "{model: conv-vae, weights: generator.safetensors}"
    case "student": "{model: lenet5}"
    case "students": "[{model: lenet5}, {name: wide, model: resnet8, width: 32}]"
    case "discriminator": "{model: dcgan-discriminator}"
    case "scheme": "{kind: adversarial, loss: hinge}"
    case "losses": "[{kind: cross-entropy}, {kind: kd, temperature: 4}]"
    case "explore": "{kind: first, steps: 2}"
    case "augment": "{shift: 4, flip: true}"
    case "cache": "~/.cache/retort/outputs"
    case "cache-format": "float16"
    case "cache-classes": "10"
    case "optimizer": "{kind: adamw, learning-rate: 1e-3, schedule: cosine}"
    case "train": "{batch: 128, epochs: 10}"
    default: "{steps: 1000}"
    }
  }
}
